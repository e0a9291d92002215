// Fragments of SQL on the data that legal holds cover.
import { type SqlBool, sql } from 'kysely'

/** True for a row `a` of `archive` with data that a row `h` of `archive_hold` covers. */
export const coversObject = sql<SqlBool>`(
  h.tenant_id = a.tenant_id and h.dataset = a.dataset and h.from_ts <= a.max_ts and h.to_ts > a.min_ts)`

/** True for a row `a` of `archive` with data under a legal hold. */
export const isCovered = sql<SqlBool>`exists (select from archive_hold h where h.released_at is null and ${coversObject})`
