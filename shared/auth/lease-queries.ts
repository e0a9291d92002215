// The statement that takes a lease.
import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import type { Grant, WantedLease } from './leases.ts'

/** The share of what a limit has left that one lease takes. Leases shrink towards the end, so that few tokens are lost with an instance. */
const SHARE = 40

export interface Policy {
  readonly name: 'requests' | 'points'
  readonly windowSeconds: number
}

/**
 * Takes tokens for a tenant, in its transaction. Windows are aligned to UTC and to the clock of the database alone. When that clock is set
 * back, the current window continues; one that lies further ahead than the next window is a mistake of the clock, and is replaced.
 */
export async function takeLease(tx: Transaction<Database>, policy: Policy, wanted: WantedLease): Promise<Grant> {
  const { tenantId, limit, needed, whole } = wanted
  const length = sql`make_interval(secs => ${policy.windowSeconds}::int)`
  const granted = sql`(case when q.window_start between excluded.window_start and excluded.window_start + ${length}
    then q.granted else 0 end)`
  const { rows } = await sql<{ lease: number; granted: number; ends_in_ms: number }>`
    insert into quota_window as q (tenant_id, policy, window_start, granted, lease)
    select ${tenantId}::int, ${policy.name}, date_bin(${length}, clock_timestamp(), timestamptz '2000-01-01 00:00:00+00'),
      ${tokensOf(sql`0`, limit, needed, whole)}, ${tokensOf(sql`0`, limit, needed, whole)}
    on conflict (tenant_id, policy) do update set
      window_start = case when q.window_start between excluded.window_start and excluded.window_start + ${length}
        then q.window_start else excluded.window_start end,
      lease = ${tokensOf(granted, limit, needed, whole)},
      granted = ${granted} + ${tokensOf(granted, limit, needed, whole)}
    returning lease, granted,
      (extract(epoch from window_start + ${length} - clock_timestamp()) * 1000)::float8 as ends_in_ms`.execute(tx)
  const [row] = rows
  return {
    tokens: row?.lease ?? 0,
    left: Math.max(0, limit - (row?.granted ?? limit)),
    endsInMs: Math.max(0, row?.ends_in_ms ?? 0),
  }
}

/** The tokens of a lease, where so many were granted before. */
function tokensOf(granted: ReturnType<typeof sql>, limit: number, needed: number, whole: boolean) {
  const left = sql`greatest(${limit}::int - ${granted}, 0)`
  return sql`case when ${whole}::boolean and ${needed}::int > ${left} then 0
    else least(${left}, greatest(${needed}::int, ${left} / ${SHARE}::int)) end`
}
