// Writes the entries of the audit log that no trigger writes: operations, and refusals of routes that few may call.
import { LRUCache } from 'lru-cache'
import { logger } from '../base/logger.ts'
import { forbidden, type Problem } from '../base/problem.ts'
import type { Clock } from '../base/time.ts'
import { isUnaudited, type Route } from '../base/wire.ts'
import type { PenstockDatabase } from '../database/database.ts'
import type { AuditOutcome } from '../schema/index.ts'
import type { Principal } from './principal.ts'

/** A call that has ended. */
export interface EndedCall {
  /** The key of the route in its service: `slice.route`. */
  readonly key: string
  readonly route: Route
  readonly caller: Principal
  readonly status: number
  readonly problem: Problem | undefined
  /** The valid query and body; undefined when the call ended before they were read. */
  readonly asked: { readonly query: unknown; readonly body: unknown } | undefined
}

/** Records a call, if it has to be recorded. It never fails: an entry that cannot be stored is logged. */
export type RecordCall = (call: EndedCall) => Promise<void>

/** Routes whose refusals are recorded. */
const GUARDED: ReadonlySet<string> = new Set(['operate', 'admin', 'users:write'])
/** A caller that is refused again and again leaves one entry a minute for each action. */
const DENIED_EVERY_MS = 60_000
const MAX_DENIED = 1_000
const WRITE_MS = 5_000
const MAX_REQUEST_BYTES = 3_500

interface Entry {
  readonly action: string
  readonly outcome: AuditOutcome
}

/** Opens the recorder of a function. */
export function callRecorder(db: Pick<PenstockDatabase, 'write' | 'writeAll'>, clock: Clock): RecordCall {
  const denied = new LRUCache<string, number>({ max: MAX_DENIED })
  const isRepeated = ({ action, outcome }: Entry, { caller }: EndedCall): boolean => {
    if (outcome !== 'denied') return false
    const place = `${caller.name} ${action}`
    const isRecent = clock() - (denied.get(place) ?? Number.NEGATIVE_INFINITY) < DENIED_EVERY_MS
    if (!isRecent) denied.set(place, clock())
    return isRecent
  }
  return async (call) => {
    const entry = entryOf(call)
    if (!entry || isRepeated(entry, call)) return
    try {
      await store(db, call, entry, clock() + WRITE_MS)
    } catch (error) {
      logger.error({ err: error, entry, actor: call.caller.name }, 'audit.not_recorded')
    }
  }
}

/** Returns what is recorded of a call; undefined for nothing. */
function entryOf(call: EndedCall): Entry | undefined {
  const { route, status, problem } = call
  const { audit, scope } = route
  if (problem?.kind === forbidden) return GUARDED.has(scope) ? { action: actionOf(call), outcome: 'denied' } : undefined
  const failed = status >= 500
  const action = isUnaudited(audit) ? failed && audit.failure : audit
  // Every other change is recorded by triggers, in its own transaction. A request that was refused has changed nothing.
  if (typeof action !== 'string' || scope !== 'operate' || (status >= 400 && !failed)) return undefined
  return { action, outcome: outcomeOf(call) }
}

const outcomeOf = ({ status, problem }: EndedCall): AuditOutcome =>
  status < 400 ? 'success' : problem ? 'failed' : 'partial'

/** The action of a route; for one that has none, its name in the form of an action. */
function actionOf({ key, route: { audit } }: EndedCall): string {
  const [action = key] = isUnaudited(audit) ? [audit.failure] : [audit ?? []].flat()
  return action.replaceAll('-', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

async function store(
  db: Pick<PenstockDatabase, 'write' | 'writeAll'>,
  call: EndedCall,
  { action, outcome }: Entry,
  deadline: number,
): Promise<void> {
  const { caller } = call
  const tenantId = caller.kind === 'tenant' ? caller.tenant.id : null
  const after = requestOf(call)
  const entry = {
    tenant_id: tenantId,
    action,
    object_type: action.split('.', 1)[0] ?? action,
    outcome,
    ...(after === undefined ? {} : { after }),
  }
  const insert: Parameters<typeof db.writeAll>[0] = async (tx) =>
    await tx
      .insertInto('audit_entry')
      .values({ ...entry, object_id: null })
      .execute()
  await (tenantId === null ? db.writeAll(insert, { deadline }) : db.write(tenantId, insert, { deadline }))
}

/** The request of an operation as JSON; undefined for one without parameters, or with too many of them. */
function requestOf({ asked }: EndedCall): string | undefined {
  const request = { ...fieldsOf(asked?.query), ...fieldsOf(asked?.body) }
  if (Object.keys(request).length === 0) return undefined
  const text = JSON.stringify({ request })
  return Buffer.byteLength(text) > MAX_REQUEST_BYTES ? undefined : text
}

const fieldsOf = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})
