// The resolution of an open event by a person.
import type { AlertEvent } from '@penstock/shared/alerts/event-schema.ts'
import { close } from '@penstock/shared/alerts/state-machine.ts'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { notFound, Problem } from '@penstock/shared/base/problem.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { alreadyResolved, type ResolveRequest } from '../contract.ts'
import { type AlertEventRow, resolveByHand, selectEventPlace } from '../history/event-queries.ts'
import { toEvent } from '../history/history.ts'
import { ownerOf } from '../owner.ts'
import { announce } from './announce.ts'
import { columnsOfMemory, memoryOf } from './memory.ts'
import {
  type AlertStateRow,
  awaitRuleState,
  type EvaluatedRule,
  lockRuleForStates,
  saveStates,
  selectGroupStates,
} from './state-queries.ts'

const STATEMENT_MS = 10_000

export interface ResolveDeps {
  readonly db: PenstockDatabase
  readonly now: Clock
}

/**
 * Resolves an open event. A breach that lasts opens another event with the next evaluation.
 * @throws {Problem} 404; 409 when the event was resolved before.
 */
export async function resolve(
  { db, now }: ResolveDeps,
  caller: TenantPrincipal,
  id: string,
  { comment }: ResolveRequest,
): Promise<AlertEvent> {
  const tenantId = caller.tenant.id
  const at = now() * 1_000
  return await db.write(tenantId, async (tx) => {
    const place = await selectEventPlace(tx, { tenantId, owner: ownerOf(caller) }, id)
    const rule = place && (await lockRuleForStates(tx, { tenantId, ruleId: place.rule_id }, STATEMENT_MS))
    if (!rule) throw new Problem(notFound, 'Alert event not found')
    const state = await stateOfEvent(tx, rule, id)
    const event = await resolveByHand(tx, { tenantId, id, at, by: caller.name, comment: comment || null })
    if (!event) throw new Problem(alreadyResolved, 'The event was resolved before.')
    if (state) await endAlarm(tx, { rule, state, event, at })
    return toEvent(event)
  })
}

/** Locks the states of the rule, and returns the one whose open event this is. */
async function stateOfEvent(
  tx: Transaction<Database>,
  { tenant_id: tenantId, id: ruleId }: EvaluatedRule,
  eventId: string,
): Promise<AlertStateRow | undefined> {
  const head = await awaitRuleState(tx, { tenantId, ruleId })
  if (!head) return undefined
  const states = [head, ...(await selectGroupStates(tx, { tenantId, ruleId }))]
  return states.find(({ event_id }) => event_id === eventId)
}

interface EndedAlarm {
  readonly rule: EvaluatedRule
  readonly state: AlertStateRow
  readonly event: AlertEventRow
  readonly at: number
}

async function endAlarm(tx: Transaction<Database>, { rule, state, event, at }: EndedAlarm): Promise<void> {
  const { memory, notifies } = close(memoryOf(state), at, 'manual')
  await saveStates(tx, [{ ...state, ...columnsOfMemory(memory), event_id: null }])
  if (notifies !== undefined)
    await announce(tx, { rule, event, kind: notifies, at, flapping: memory.isFlapping, state: memory.state })
}
