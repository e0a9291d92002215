// Archives a month of five million points and brings it back by the retention function, compared with COPY of the same number.

import { join } from 'node:path'
import { addMonths, monthOf } from '@penstock/shared/base/time.ts'
import { canonicalLabels } from '@penstock/shared/points/labels.ts'
import { seriesIdentity } from '@penstock/shared/points/series.ts'
import { send } from '../../../cli/send.ts'
import { ARCHIVE_BUCKET } from '../../../cli/state.ts'
import { startStorage } from '../../../local/storage/server.ts'
import type { Experiment } from '../experiment.ts'
import { figureRow, type Row, rounded } from '../row.ts'
import type { RunningFunction } from '../running-function.ts'
import type { Stage } from '../stage.ts'
import { clearPoints } from '../stored-points.ts'
import { type CopyLines, copyIntoTwin, makeTwin } from './bare-writes.ts'

const WRITE = 'archive.write'
const BYTES = 'archive.bytes-per-point'
const REOPEN = 'cold.reopen'
const SERIES = 40
const SECONDS = 125_000
/** Points of a month that `fill` makes. */
export const POINTS = SERIES * SECONDS
const CHUNK_SECONDS = 100
const TIMEOUT_MS = 1_500_000
const ROUTE = '/api/v1/monitoring/retention'

/**
 * Points per second to seal, write, read back and count a month, with the proof; then to drop and to reopen it. The limit of both is COPY
 * of the same number of points into a copy of their table.
 */
export const archiving: Experiment = {
  names: [WRITE, BYTES, REOPEN],
  what: '5 M points of a month: to storage with proof; bytes of its object; back into the database',
  isHeavy: true,
  run: async ({ stage }) => {
    await using parts = new AsyncDisposableStack()
    const month = addMonths(monthOf(Date.now() * 1000), -3)
    await clearPoints(stage)
    await makeMonth(stage, month)
    await fill(stage, month)
    const storage = await startStorage({
      folder: join(stage.folder, 'storage'),
      clock: Date.now,
      buckets: [ARCHIVE_BUCKET],
    })
    parts.defer(() => storage.close())
    const settings = { HOT_DAYS: '1', RETENTION_RUN_SECONDS: '1500', ARCHIVE_STORAGE_ENDPOINT: storage.url }
    return await measure(stage, month, await stage.start('retention', settings))
  },
}

async function measure(stage: Stage, month: string, retention: RunningFunction): Promise<Row[]> {
  const call = async (path: 'run' | 'reopen', body: object) => await ask(stage, retention, path, body)
  const archivedS = await timed(() => call('run', { policies: ['metrics_archive'] }))
  const peakOfWrite = retention.peakRssMb()
  const { stored, bytes } = await objectsOf(stage, month)
  await call('run', { policies: ['metrics_delete'] })
  const reopenedS = await timed(() => call('reopen', { month }))
  const peak = retention.peakRssMb()
  await retention.stop()
  await makeTwin(stage.admin)
  const copied = await copyIntoTwin(stage.admin, copyLines(stage.tenantId, month))
  await clearPoints(stage)
  await stage.admin.query(
    `delete from archive; delete from metric_month where month = '${month}'; drop table ${tableOf(month)}`,
  )
  const limit = copied.count / copied.seconds
  const errors = POINTS - stored
  return [
    { ...rowOf(WRITE, POINTS / archivedS, limit, peakOfWrite), errors },
    { ...rowOf(BYTES, bytes / stored, null, null), unit: 'bytes/point' },
    rowOf(REOPEN, POINTS / reopenedS, limit, peak),
  ]
}

/** Makes the row of a rate that is compared with COPY. */
export const rowOf = (name: string, rate: number, limit: number | null, peakRssMb: number | null): Row => ({
  ...figureRow(name, 'points/s', rounded(rate, 2)),
  peak_rss_mb: rounded(peakRssMb, 1),
  limit: limit && rounded(limit, 2),
  ratio: limit && rounded(rate / limit, 3),
})

/** Returns the points and bytes of a month's objects. */
export async function objectsOf(
  { admin }: Stage,
  month: string,
): Promise<{ readonly stored: number; readonly bytes: number }> {
  const { rows } = await admin.query<{ stored: number; bytes: number }>(
    `select coalesce(sum(rows), 0)::float8 as stored, coalesce(sum(size_bytes), 0)::float8 as bytes
     from archive where month = $1 and state = 'verified'`,
    [month],
  )
  return rows[0] ?? { stored: 0, bytes: 0 }
}

/** Returns the seconds that the work took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** Calls a route of the retention function. @throws {Error} when it fails. */
export async function ask(
  stage: Stage,
  { port }: RunningFunction,
  path: 'run' | 'reopen',
  body: object,
): Promise<void> {
  const headers = { authorization: stage.authorizationFor('retention'), 'content-type': 'application/json' }
  const sent = { method: 'POST', headers, body: JSON.stringify(body), timeoutMs: TIMEOUT_MS }
  const answer = await send(`http://127.0.0.1:${port}${ROUTE}/${path}`, sent)
  if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}: ${answer.body}`)
}

/** Returns the partition of a month. */
const tableOf = (month: string): string => `metric_point_${month.slice(0, 7).replace('-', '_')}`

/** Makes a month by deferring a point of it. */
export async function makeMonth(stage: Stage, month: string): Promise<void> {
  await stage.admin.query(`insert into deferred_point (tenant_id, series_id, ts, value) values ($1, 1, $2, 0)`, [
    stage.tenantId,
    `${month} 00:00:00+00`,
  ])
  await stage.makeMonths()
  await stage.admin.query('truncate metric_point')
}

/** Stores a reading of each series per second, in the order of time, and marks the roll-ups as complete. */
export async function fill({ admin, tenantId }: Stage, month: string): Promise<void> {
  const labels = canonicalLabels({ building: 'north', room: '17' })
  const names = Array.from({ length: SERIES }, (_, i) => `pump-${String(i).padStart(2, '0')}`)
  const identities = names.map((service) => seriesIdentity({ service, type: 'vibration', unit: 'mm/s', labels }))
  await admin.query(`delete from metric_series where metric_type = 'vibration'`)
  await admin.query(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
     select $1, name, 'vibration', 'mm/s', $2::jsonb, decode(identity, 'hex') from unnest($3::text[], $4::text[]) as n (name, identity)`,
    [tenantId, labels, names, identities],
  )
  await admin.query(
    `insert into metric_point (tenant_id, series_id, ts, value)
     select s.tenant_id, s.id, $1::timestamptz + i * interval '1 second', ((s.id * 7919 + i * 104729::bigint) % 100003) / 1000.0
     from generate_series(0, $2::int - 1) i, metric_series s where s.metric_type = 'vibration' order by i, s.id`,
    [`${month} 00:00:00+00`, SECONDS],
  )
  await admin.query('delete from rollup_invalidation; update rollup_mark set fence = now(), watermark = now()')
  for (const statement of ['vacuum (analyze) metric_point', 'analyze metric_series', 'checkpoint'])
    await admin.query(statement)
}

/** Yields the points of a month in the form of COPY. */
export function* copyLines(tenantId: number, month: string): Iterable<CopyLines> {
  const begin = Date.parse(`${month}T00:00:00Z`)
  for (let from = 0; from < SECONDS; from += CHUNK_SECONDS) {
    let text = ''
    for (let second = from; second < from + CHUNK_SECONDS; second++) {
      const after = `\t${new Date(begin + second * 1000).toISOString()}\t`
      for (let series = 1; series <= SERIES; series++)
        text += `${tenantId}\t${series}${after}${((series * 7919 + second * 104729) % 100003) / 1000}\n`
    }
    yield { text, points: CHUNK_SECONDS * SERIES }
  }
}
