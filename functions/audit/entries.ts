// The rules of reading the log.
import type { PlatformPrincipal, TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { formatTimestamp, fromPostgres, toWire } from '@penstock/shared/base/time.ts'
import { type CursorScope, openPlace, sealPlace } from '@penstock/shared/resource/sealed-place.ts'
import type { EntriesQuery } from './contract.ts'
import type { AuditDeps } from './deps.ts'
import { becomeAuditor, type EntryFilter, type EntryRow, noteReader, selectEntries } from './queries.ts'

export type Reader = TenantPrincipal | PlatformPrincipal

export interface EntriesPage {
  /** A JSON array. The columns of rows are in it as the database wrote them, so that large numbers stay exact. */
  readonly text: string
  /** The cursor of the next page; undefined on the last one. */
  readonly next: string | undefined
}

/** Returns the id of the reader's tenant; null for an operator, who sees the entries of every tenant. */
export const tenantOf = (reader: Reader): number | null => (reader.kind === 'tenant' ? reader.tenant.id : null)

/**
 * Returns a page of entries, newest first. The first request of a reader in an hour adds an entry itself.
 * @throws {Problem} 422 for a cursor of another reader or filter.
 */
export async function entries(deps: AuditDeps, reader: Reader, query: EntriesQuery): Promise<EntriesPage> {
  const { db, cursorKey } = deps
  const tenantId = tenantOf(reader)
  const { limit, cursor, ...asked } = query
  const scope: CursorScope = ['audit', tenantId, JSON.stringify(asked)]
  const after = cursor === undefined ? undefined : placeOf(openPlace(cursorKey, scope, cursor))
  const page = { limit: limit + 1, after }
  const filter = filterOf(tenantId, asked)
  if (!after) await note(deps, tenantId)
  const rows =
    tenantId === null
      ? await db.readAll(async (tx) => {
          await becomeAuditor(tx)
          return await selectEntries(tx, filter, page)
        })
      : await db.read(tenantId, (tx) => selectEntries(tx, filter, page))
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    text: `[${shown.map(toJson).join(',')}]`,
    next: last && sealPlace(cursorKey, scope, bytesOf(last)),
  }
}

async function note({ db }: AuditDeps, tenantId: number | null): Promise<void> {
  const add = async (tx: Parameters<typeof noteReader>[0]): Promise<void> => {
    if (tenantId === null) await becomeAuditor(tx)
    await noteReader(tx, tenantId)
  }
  await (tenantId === null ? db.writeAll(add) : db.write(tenantId, add))
}

const filterOf = (tenantId: number | null, asked: Omit<EntriesQuery, 'limit' | 'cursor'>): EntryFilter => ({
  tenantId,
  tenant: asked.tenant,
  actor: asked.actor,
  action: asked.action,
  objectType: asked.object_type,
  objectId: asked.object_id,
  outcome: asked.outcome,
  from: asked.start_time === undefined ? undefined : formatTimestamp(asked.start_time),
  to: asked.end_time === undefined ? undefined : formatTimestamp(asked.end_time),
})

function toJson({ before, after, at, ...row }: EntryRow): string {
  const fields = JSON.stringify({ ...row, at: toWire(at) })
  return `${fields.slice(0, -1)},"before":${before ?? 'null'},"after":${after ?? 'null'}}`
}

function bytesOf({ at, id }: EntryRow): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeBigInt64BE(BigInt(fromPostgres(at)), 0)
  bytes.writeBigInt64BE(BigInt(id), 8)
  return bytes
}

const placeOf = (bytes: Buffer): { readonly at: string; readonly id: string } => ({
  at: formatTimestamp(Number(bytes.readBigInt64BE(0))),
  id: bytes.readBigInt64BE(8).toString(),
})
