// Experiments with roll-ups: the speed of computing them, the speed of ingest in the meantime, and the gain of a long aggregate.
import { send } from '../../../cli/send.ts'
import type { Bench, Experiment } from '../experiment.ts'
import { type Slice, type Subject, takeTurns } from '../measure.ts'
import { type Row, toRow } from '../row.ts'
import { poolOf, type Stage } from '../stage.ts'
import { clearPoints } from '../stored-points.ts'
import { AGGREGATE, bareQueries } from './bare-queries.ts'

const REFRESH = 'rollup.refresh'
const INGEST = 'rollup.ingest'
const QUERY = 'rollup.query-30d'
const DAYS = 30
const TIMEOUT_MS = 120_000

/** The limit of a refresh is a plain `insert … select … group by` of the same points; that of ingest is its own rate without roll-ups. */
export const rollups: Experiment = {
  names: [REFRESH, INGEST, QUERY],
  what: `roll-ups of 5 M points, ingest at the same time, and ${DAYS} days of seconds by the hour, compared with points`,
  async run(bench, wanted) {
    const rows: Row[] = []
    if (wanted.has(REFRESH) || wanted.has(INGEST)) await bench.dataset()
    if (wanted.has(REFRESH)) rows.push(await refreshing(bench))
    if (wanted.has(INGEST)) rows.push(await ingesting(bench))
    if (wanted.has(QUERY)) rows.push(await querying(bench))
    await forgetRollups(bench.stage)
    return rows
  },
}

async function forgetRollups({ admin }: Stage): Promise<void> {
  await admin.query(
    `truncate metric_rollup, rollup_invalidation; update rollup_mark set watermark = '-infinity', fence = '-infinity'`,
  )
}

/** Runs the job by HTTP until nothing is left. */
async function rollUp(stage: Stage, port: number): Promise<void> {
  const headers = { authorization: stage.authorizationFor('rollups'), 'content-type': 'application/json' }
  const url = `http://127.0.0.1:${port}/api/v1/monitoring/rollups/run`
  for (let more = true; more; ) {
    const { status, body } = await send(url, { method: 'POST', headers, body: '{}', timeoutMs: TIMEOUT_MS })
    if (status !== 200) throw new Error(`the roll-ups were not computed: ${status} ${body}`)
    more = (JSON.parse(body) as { more: boolean }).more
  }
}

/** One piece of work per turn, with this many points; `reset` is not counted. */
function once(points: number, reset: () => Promise<void>, work: () => Promise<void>): Subject {
  return {
    async run(): Promise<Slice> {
      await reset()
      const begun = performance.now()
      await work()
      return { count: points, seconds: (performance.now() - begun) / 1000, latenciesMs: [], errors: 0 }
    },
  }
}

async function refreshing({ stage, turns }: Bench): Promise<Row> {
  await using parts = new AsyncDisposableStack()
  const { admin } = stage
  const instance = parts.adopt(await stage.start('rollups'), (one) => one.stop())
  const { rows } = await admin.query<{ count: number }>(
    `select count(*)::float8 as count from metric_point where ts < date_trunc('hour', now() - interval '2 minutes')`,
  )
  const points = rows[0]?.count ?? 0
  await admin.query('drop schema if exists bench cascade; create schema bench')
  await admin.query('create table bench.rollup (like metric_rollup including all)')
  const bare = once(
    points,
    async () => void (await admin.query('truncate bench.rollup')),
    async () =>
      void (await admin.query(
        `insert into bench.rollup select tenant_id, series_id, date_bin('1 hour', ts, timestamptz '2000-01-01 00:00:00+00'),
           count(*), sum(value), min(value), max(value)
         from metric_point where ts < date_trunc('hour', now() - interval '2 minutes') group by 1, 2, 3`,
      )),
  )
  const ours = once(
    points,
    async () => await forgetRollups(stage),
    async () => await rollUp(stage, instance.port),
  )
  const [slices = [], limit = []] = await takeTurns([ours, bare], turns)
  await admin.query('drop schema bench cascade')
  return toRow({ name: REFRESH, unit: 'points/s', slices, limit, peakRssMb: instance.peakRssMb(), connections: 1 })
}

/** Measures the rate of batches while roll-ups are computed all the time, compared with the same load alone. */
async function ingesting({ stage, load, turns }: Bench): Promise<Row> {
  await using parts = new AsyncDisposableStack()
  const instance = parts.adopt(await stage.start('metrics-ingest'), (one) => one.stop())
  const refresher = parts.adopt(await stage.start('rollups'), (one) => one.stop())
  const subject = await load.open({
    port: instance.port,
    concurrency: 8,
    recipe: { kind: 'batch', points: 1_000 },
    authorization: stage.authorizationFor('metrics-ingest'),
    beginMs: Date.now(),
    timeoutMs: TIMEOUT_MS,
  })
  const disturbed: Subject = {
    async run(ms) {
      let over = false
      const refresh = async (): Promise<void> => {
        while (!over) {
          await forgetRollups(stage)
          await rollUp(stage, refresher.port)
        }
      }
      const refreshed = refresh()
      const slice = await subject.run(ms)
      over = true
      await refreshed
      return slice
    },
  }
  const [slices = [], limit = []] = await takeTurns([disturbed, subject], turns)
  await clearPoints(stage)
  return toRow({ name: INGEST, unit: 'points/s', slices, limit, peakRssMb: instance.peakRssMb() })
}

async function querying({ stage, turns, load }: Bench): Promise<Row> {
  await using parts = new AsyncDisposableStack()
  const { series, from, to } = await loadMonth(stage)
  const refresher = await stage.start('rollups')
  await rollUp(stage, refresher.port)
  await refresher.stop()
  await stage.admin.query('vacuum (analyze) metric_rollup')
  const instance = parts.adopt(await stage.start('metrics-query'), (one) => one.stop())
  const clients = []
  for (let i = 0; i < poolOf('metrics-query'); i++)
    clients.push(parts.adopt(await stage.connectAs('metrics-query'), (client) => client.end()))
  const filter = `service_name=${SERVICE}&metric_type=level&interval=hour`
  const path = `/api/v1/monitoring/metrics/aggregate?${filter}&start_time=${from}&end_time=${to}`
  const subject = await load.open({
    port: instance.port,
    concurrency: 8,
    recipe: { kind: 'get', paths: [path] },
    authorization: stage.authorizationFor('metrics-query'),
    beginMs: 0,
    timeoutMs: TIMEOUT_MS,
  })
  const bare = bareQueries(clients, () => ({ text: AGGREGATE, values: [stage.tenantId, series, from, to] }))
  const [slices = [], limit = []] = await takeTurns([subject, bare], turns)
  await clearPoints(stage)
  return toRow({ name: QUERY, unit: 'requests/s', slices, limit, peakRssMb: instance.peakRssMb() })
}

const SERVICE = 'tank'

/** Stores a point per second for past days, in months that are made for them. */
async function loadMonth(
  stage: Stage,
): Promise<{ readonly series: number; readonly from: string; readonly to: string }> {
  const { admin, tenantId } = stage
  await clearPoints(stage)
  await forgetRollups(stage)
  const end = Math.floor(Date.now() / 86_400_000) * 86_400_000
  const [from, to] = [new Date(end - DAYS * 86_400_000).toISOString(), new Date(end - 1).toISOString()]
  const { rows } = await admin.query<{ id: number }>(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
     values ($1, $2, 'level', 'm', '{}', sha256('tank')) on conflict (tenant_id, identity_sha256) do update set unit = excluded.unit
     returning id`,
    [tenantId, SERVICE],
  )
  const series = rows[0]?.id ?? 0
  // The point of the first second is deferred, so that its month is made.
  await admin.query('insert into deferred_point (tenant_id, series_id, ts, value) values ($1, $2, $3, 0)', [
    tenantId,
    series,
    from,
  ])
  await stage.makeMonths()
  await admin.query(
    `insert into metric_point select $1, $2, ts, extract(epoch from ts)::int8 % 1009
     from generate_series($3::timestamptz, $4::timestamptz, interval '1 second') ts on conflict do nothing`,
    [tenantId, series, from, to],
  )
  await admin.query('vacuum (analyze) metric_point')
  return { series, from, to }
}
