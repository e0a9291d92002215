// Reads the rows of a load's tenants as the superuser, whom row security does not bind.

import type { Server } from '../../stand/server.ts'
import type { Stored, StoredPoint } from './compare.ts'
import { STAMPED } from './producer.ts'
import type { StoredJob } from './ranges.ts'

/** Reads everything that is compared with the ledger, and inconsistencies within the database, as sentences. */
export async function readStored(
  { ask }: Pick<Server, 'ask'>,
  tenants: readonly string[],
): Promise<Stored & { readonly disorder: readonly string[] }> {
  const points = await ask<{ key: string; value: number }>(
    `select concat_ws(' ', t.name, s.service_name, s.metric_type, (extract(epoch from p.ts) * 1000000)::bigint) as key, p.value
     from stored_point p join metric_series s on s.id = p.series_id join tenant t on t.id = s.tenant_id
     where t.name = any($1) and s.metric_type <> $2`,
    [tenants, STAMPED],
  )
  const stamped = await ask<{ of: string; times: number }>(
    `select p.value::bigint::text as of, count(*)::int as times
     from stored_point p join metric_series s on s.id = p.series_id join tenant t on t.id = s.tenant_id
     where t.name = any($1) and s.metric_type = $2 group by p.value`,
    [tenants, STAMPED],
  )
  const deadLetters = await ask<{ of: string; times: number }>(
    `select concat_ws(' ', t.name, d.message_id) as of, count(*)::int as times
     from dead_letter d join tenant t on t.id = d.tenant_id where t.name = any($1) group by 1`,
    [tenants],
  )
  const { fields, ids } = await readFeedback(ask, tenants)
  return { points: [...points, ...fields], stamped, deadLetters, ids, disorder: await readDisorder(ask, tenants) }
}

interface FeedbackRow {
  readonly row: string
  readonly id: string
  readonly rating: number | null
  readonly comment: string | null
}

async function readFeedback(ask: Server['ask'], tenants: readonly string[]) {
  const rows = await ask<FeedbackRow>(
    `select concat_ws(' ', t.name, f.insight_id, f.user_id) as row, f.id, f.rating, f.comment
     from insight_feedback f join tenant t on t.id = f.tenant_id where t.name = any($1)`,
    [tenants],
  )
  const fields = rows.flatMap(({ row, rating, comment }): StoredPoint[] => [
    ...(rating === null ? [] : [{ key: `${row} rating`, value: rating }]),
    ...(comment === null ? [] : [{ key: `${row} comment`, value: Number(comment) }]),
  ])
  return { fields, ids: new Map(rows.map(({ row, id }) => [row, id])) }
}

/**
 * Finds points of another tenant than their series, uncounted series, and versions that a change did not increase.
 */
async function readDisorder(ask: Server['ask'], tenants: readonly string[]): Promise<string[]> {
  const rows = await ask<{ what: string }>(
    `select format('%s points of another tenant than their series', count(*)) as what
       from stored_point p join metric_series s on s.id = p.series_id where p.tenant_id <> s.tenant_id having count(*) > 0
     union all
     select format('tenant %s counts %s series and has %s', t.name, t.series_count, count(s.id) filter (where s.active))
       from tenant t left join metric_series s on s.tenant_id = t.id
       where t.name = any($1) group by t.id having t.series_count <> count(s.id) filter (where s.active)
     union all
     select format('the version of %s of %s is older than its feedback', f.insight_id, t.name)
       from insight_feedback f join tenant t on t.id = f.tenant_id
       left join insight_version v on v.tenant_id = f.tenant_id and v.insight_id = f.insight_id
       where t.name = any($1) group by t.name, f.insight_id
       having coalesce(max(v.version), 0) < max(extract(epoch from f.updated_at)) * 1000000`,
    [tenants],
  )
  return rows.map((row) => row.what)
}

/** Reads backfill jobs, with their ranges by first block. The load's numbers are small. */
export async function readJobs({ ask }: Pick<Server, 'ask'>, tenants: readonly string[]): Promise<StoredJob[]> {
  return await ask<StoredJob>(
    `select j.id, j.status, j.start_block::int as start, j.end_block::int as end, j.fencing_token::int as token,
       coalesce(json_agg(json_build_object('leaseId', l.lease_id, 'token', l.fencing_token, 'start', l.start_block,
         'end', l.end_block, 'state', l.state) order by l.start_block) filter (where l.job_id is not null), '[]') as ranges
     from backfill_job j join tenant t on t.id = j.tenant_id
     left join backfill_lease l on l.tenant_id = j.tenant_id and l.job_id = j.id
     where t.name = any($1) group by j.tenant_id, j.id`,
    [tenants],
  )
}
