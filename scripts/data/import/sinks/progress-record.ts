// The progress of imports, in the database: saved in the transaction that stores the points, so the two always agree.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'
import type { Report, Saved } from '../report.ts'
import type { Identity } from './sink.ts'

type Tx = Transaction<Database>

/** Returns the progress that an interrupted run of the current tenant saved. */
export async function readSaved(tx: Tx, tenantId: number, identity: Identity): Promise<Saved | undefined> {
  const row = await tx
    .selectFrom('import_progress')
    .select(['position_bytes', 'position_lines', 'done', 'report'])
    .where('tenant_id', '=', tenantId)
    .where('source_sha256', '=', Buffer.from(identity, 'hex'))
    .executeTakeFirst()
  if (!row) return undefined
  return {
    position: { bytes: Number(row.position_bytes), lines: Number(row.position_lines) },
    report: row.report as unknown as Report,
    done: row.done,
  }
}

/** Saves the progress. Safe to repeat. */
export async function writeSaved(tx: Tx, tenantId: number, identity: Identity, saved: Saved): Promise<void> {
  const { position, report, done } = saved
  await sql`
    insert into import_progress (tenant_id, source_sha256, position_bytes, position_lines, done, report)
    values (
      ${tenantId}::int, ${Buffer.from(identity, 'hex')}::bytea, ${position.bytes}::int8, ${position.lines}::int8,
      ${done}::boolean, ${JSON.stringify(report)}::jsonb
    )
    on conflict (tenant_id, source_sha256) do update
      set position_bytes = excluded.position_bytes, position_lines = excluded.position_lines,
        done = excluded.done, report = excluded.report, updated_at = clock_timestamp()`.execute(tx)
}

/** Deletes the progress. Safe to repeat. */
export async function deleteSaved(tx: Tx, tenantId: number, identities: readonly Identity[]): Promise<void> {
  await sql`
    delete from import_progress
    where tenant_id = ${tenantId}::int and source_sha256 in (select decode(h, 'hex') from unnest(${[...identities]}::text[]) h)`.execute(
    tx,
  )
}
