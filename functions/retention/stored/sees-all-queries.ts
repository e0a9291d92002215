// Checks that this role sees every row that a run decides by.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/** Tables that this role must see completely: the archive treats a missing row as proof. */
const COUNTED = ['metric_log', 'metric_chunk', 'metric_series', 'tenant', 'archive', 'archive_hold', 'archiving']

/**
 * Checks that this role sees every row of these tables. Row security hides rows silently. @throws {Error} when it does not: a partial archive
 * would look complete, and the remaining points would be deleted.
 */
export async function assertSeesAll(tx: Transaction<Database>): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select name from unnest(${COUNTED}::text[]) as name
    where row_security_active(name::regclass) and (
      not exists (
        select from pg_policy p, unnest(p.polroles) role
        where p.polrelid = name::regclass and p.polpermissive and p.polcmd in ('*', 'r')
          and (role = 0 or pg_has_role(role, 'usage')) and pg_get_expr(p.polqual, p.polrelid) = 'true'
      )
      or exists (
        select from pg_policy p, unnest(p.polroles) role
        where p.polrelid = name::regclass and not p.polpermissive and (role = 0 or pg_has_role(role, 'usage'))
      )
    )`.execute(tx)
  const hidden = rows.map(({ name }) => name)
  if (hidden.length > 0)
    throw new Error(`row security hides rows of ${hidden.join(', ')} from this role: run npm run migrate`)
}
