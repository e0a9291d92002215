// The stored points of an experiment: counts them, makes many at once, and removes them before the next one.
import type { Client } from 'pg'
import { send } from '../../cli/send.ts'
import type { RunningFunction } from './running-function.ts'
import type { Stage } from './stage.ts'

const JOB_TIMEOUT_MS = 600_000

/** Counts the points that functions have stored, once each; it reads all of them. */
export async function storedPoints({ admin }: Stage): Promise<number> {
  const { rows } = await admin.query<{ count: number }>('select count(*)::float8 as count from stored_point')
  return rows[0]?.count ?? 0
}

/** Empties the log, the chunks and what belongs to them, so that the order of experiments does not matter. */
export async function clearPoints({ admin }: Pick<Stage, 'admin'>): Promise<void> {
  await admin.query(
    'truncate metric_log, metric_chunk, metric_hour, metric_series_span, compaction_mark; drop schema if exists bench cascade; checkpoint',
  )
}

/**
 * Appends the points of a query (id, ts, value) to the log as rows of one block and window of seconds each, as batches would have, and
 * compacts them. A window divides a day, and a row has at most 4,096 points.
 */
export async function storeAll(
  stage: Stage,
  points: string,
  values: readonly unknown[],
  windowS: number,
): Promise<void> {
  await stage.admin.query(
    `insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
     select s.tenant_id, s.block, min(p.ts), max(p.ts), count(*), array_agg(p.id order by p.id, p.ts), array_agg(p.ts order by p.id, p.ts),
       array_agg(p.value order by p.id, p.ts)
     from (${points}) p join metric_series s on s.id = p.id
     group by s.tenant_id, s.block, floor(extract(epoch from p.ts) / ${windowS})`,
    [...values],
  )
  // A month that is over gets its partition when many of its points are in the log.
  await stage.makeMonths()
  const compaction = await stage.start('compaction')
  await drain(stage, compaction)
  await compaction.stop()
  await stage.admin.query('analyze metric_series; analyze metric_chunk; checkpoint')
}

/** Compacts everything and vacuums, as autovacuum would. */
export async function drain(stage: Stage, compaction: RunningFunction): Promise<void> {
  const url = `http://127.0.0.1:${compaction.port}/api/v1/monitoring/compaction/run`
  const headers = { authorization: stage.authorizationFor('compaction'), 'content-type': 'application/json' }
  for (let more = true; more; ) {
    const request = { method: 'POST', headers, body: '{"all":true}', timeoutMs: JOB_TIMEOUT_MS }
    const { status, body } = await send(url, request)
    if (status !== 200) throw new Error(`the log was not compacted: ${status} ${body}`)
    more = (JSON.parse(body) as { more: boolean }).more
  }
  const { rows } = await stage.admin.query<{ rows: number }>('select count(*)::int as rows from metric_log')
  if (rows[0]?.rows !== 0) throw new Error(`${rows[0]?.rows} rows of the log were not compacted`)
  await vacuum(stage.admin)
}

async function vacuum(admin: Client): Promise<void> {
  for (const table of ['metric_log', 'metric_chunk', 'metric_hour']) await admin.query(`vacuum ${table}`)
}
