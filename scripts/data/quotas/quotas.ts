// The quotas of a tenant and their use: its series, and the rows that triggers count in addition to its points.
import type { Client } from 'pg'

/** A limit is null where there is none. Bytes are undefined where only rows are counted. */
export interface Quota {
  /** The table that is counted. */
  readonly table: string
  readonly rows: number
  readonly maxRows: number | null
  readonly bytes: number | undefined
  readonly maxBytes: number | null | undefined
  /** True when the limits are the defaults for all tenants. */
  readonly isDefault: boolean
}

/** New limits. A limit that is absent does not change. */
export interface QuotaChange {
  readonly maxRows?: number | null
  readonly maxBytes?: number | null
}

export type QuotaResult = 'changed' | 'no-such-tenant' | 'no-such-table' | 'no-bytes'

/** Series are limited by a column of the tenant, and always have a limit. */
export const SERIES = 'metric_series'

/** Reads the defaults, which are arguments of the triggers that count rows and bytes. */
const DEFAULTS = `
  select tgrelid::regclass::text as kind, nullif(split_part(encode(tgargs, 'escape'), '\\000', 1), '')::bigint as max_rows,
    nullif(split_part(encode(tgargs, 'escape'), '\\000', 2), '')::bigint as max_bytes
  from pg_trigger where tgname = 'count_added'`

interface Row {
  readonly kind: string
  readonly rows: string
  readonly bytes: string
  readonly max_rows: string | null
  readonly max_bytes: string | null
  readonly counts_bytes: boolean
  readonly is_default: boolean
}

/** Returns all limits of a tenant and their use, by table; undefined when there is no such tenant. */
export async function quotasOf(client: Client, tenant: string): Promise<readonly Quota[] | undefined> {
  const { rows: found } = await client.query<{
    id: number
    series_limit: number
    series_count: number
    is_default: boolean
  }>(
    `select id, series_limit, series_count, series_limit::text = (
       select pg_get_expr(adbin, adrelid) from pg_attrdef d join pg_attribute a on a.attrelid = adrelid and attnum = adnum
       where adrelid = 'tenant'::regclass and attname = 'series_limit') as is_default
     from tenant where name = $1`,
    [tenant],
  )
  const [own] = found
  if (!own) return undefined
  const { rows } = await client.query<Row>(
    `select d.kind, coalesce(sum(u.row_count), 0) as rows, coalesce(sum(u.byte_count), 0) as bytes,
       case when q.kind is null then d.max_rows else q.max_rows end as max_rows,
       case when q.kind is null then d.max_bytes else q.max_bytes end as max_bytes,
       d.max_bytes is not null as counts_bytes, q.kind is null as is_default
     from (${DEFAULTS}) d
     left join tenant_usage u on u.tenant_id = $1 and u.kind = d.kind
     left join tenant_quota q on q.tenant_id = $1 and q.kind = d.kind
     group by d.kind, d.max_rows, d.max_bytes, q.kind, q.max_rows, q.max_bytes order by 1`,
    [own.id],
  )
  const series: Quota = {
    table: SERIES,
    rows: own.series_count,
    maxRows: own.series_limit,
    bytes: undefined,
    maxBytes: undefined,
    isDefault: own.is_default,
  }
  return [...rows.map(quotaOf), series]
}

const quotaOf = (row: Row): Quota => ({
  table: row.kind,
  rows: Number(row.rows),
  maxRows: numberOf(row.max_rows),
  bytes: row.counts_bytes ? Number(row.bytes) : undefined,
  maxBytes: row.counts_bytes ? numberOf(row.max_bytes) : undefined,
  isDefault: row.is_default,
})

const numberOf = (text: string | null): number | null => (text === null ? null : Number(text))

/** Sets limits for a tenant, or restores the defaults with `undefined`. The next write follows them. Safe to repeat. */
export async function setQuota(
  client: Client,
  tenant: string,
  table: string,
  change: QuotaChange | undefined,
): Promise<QuotaResult> {
  const quotas = await quotasOf(client, tenant)
  if (!quotas) return 'no-such-tenant'
  const now = quotas.find((quota) => quota.table === table)
  if (!now) return 'no-such-table'
  if (change?.maxBytes !== undefined && now.bytes === undefined) return 'no-bytes'
  if (table === SERIES) {
    const limit = change?.maxRows
    if (typeof limit === 'number')
      await client.query('update tenant set series_limit = $2 where name = $1', [tenant, limit])
    else await client.query('update tenant set series_limit = default where name = $1', [tenant])
  } else if (!change) {
    await client.query(
      'delete from tenant_quota where kind = $2 and tenant_id = (select id from tenant where name = $1)',
      [tenant, table],
    )
  } else {
    const { maxRows = now.maxRows, maxBytes = now.maxBytes ?? null } = change
    await client.query(
      `insert into tenant_quota (tenant_id, kind, max_rows, max_bytes) select id, $2, $3, $4 from tenant where name = $1
       on conflict (tenant_id, kind) do update set max_rows = excluded.max_rows, max_bytes = excluded.max_bytes`,
      [tenant, table, maxRows, maxBytes],
    )
  }
  return 'changed'
}
