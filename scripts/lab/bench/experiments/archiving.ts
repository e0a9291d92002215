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
import { clearPoints, storeAll, storedPoints } from '../stored-points.ts'
import { type CopyLines, copyIntoTwin, makeTwin } from './bare-writes.ts'

const WRITE = 'archive.write'
const BYTES = 'archive.bytes-per-point'
const REOPEN = 'cold.reopen'
const SERIES = 40
const SECONDS = 125_000
/** Points of a month that `fill` makes. */
const POINTS = SERIES * SECONDS
/** Seconds of a row of the log, and of a piece of COPY. */
const CHUNK_SECONDS = 100
const TIMEOUT_MS = 1_500_000
const ROUTE = '/api/v1/monitoring/retention'

/**
 * Points per second out of chunks to storage with proof, and back into chunks. The limit of both is COPY of the same number of points into a table
 * of rows.
 */
export const archiving: Experiment = {
  names: [WRITE, BYTES, REOPEN],
  what: '5 M points of a month: to storage with proof; bytes of its object; back into the database',
  isHeavy: true,
  run: async ({ stage }) => {
    await using parts = new AsyncDisposableStack()
    const month = addMonths(monthOf(Date.now() * 1000), -3)
    await clearPoints(stage)
    parts.defer(async () => await clearArchive(stage))
    await fill(stage, month)
    const storage = await startStorage({
      folder: join(stage.folder, 'storage'),
      clock: Date.now,
      buckets: [ARCHIVE_BUCKET],
    })
    parts.defer(() => storage.close())
    const settings = { HOT_DAYS: '1', RETENTION_RUN_SECONDS: '1500', ARCHIVE_STORAGE_ENDPOINT: storage.url }
    return await measure(stage, month, settings)
  },
}

async function measure(stage: Stage, month: string, settings: Record<string, string>): Promise<Row[]> {
  const writing = await stage.start('retention', settings)
  const archivedS = await timed(() => ask(stage, writing, 'run', { policies: ['metrics_archive'] }))
  const peakOfWrite = writing.peakRssMb()
  await writing.stop()
  const { stored, bytes } = await objectsOf(stage, month)
  const reading = await stage.start('retention', settings)
  const reopenedS = await timed(() => ask(stage, reading, 'reopen', { month }))
  const peakOfReopen = reading.peakRssMb()
  await reading.stop()
  const back = await storedPoints(stage)
  await clearPoints(stage)
  await makeTwin(stage.admin)
  const copied = await copyIntoTwin(stage.admin, copyLines(stage.tenantId, month))
  const limit = copied.count / copied.seconds
  return [
    { ...rowOf(WRITE, POINTS / archivedS, limit, peakOfWrite), errors: POINTS - stored },
    { ...rowOf(BYTES, bytes / stored, null, null), unit: 'bytes/point' },
    { ...rowOf(REOPEN, POINTS / reopenedS, limit, peakOfReopen), errors: POINTS - back },
  ]
}

async function clearArchive(stage: Stage): Promise<void> {
  await stage.admin.query('delete from archive')
  await clearPoints(stage)
}

/** Makes the row of a rate that is compared with COPY. */
const rowOf = (name: string, rate: number, limit: number | null, peakRssMb: number | null): Row => ({
  ...figureRow(name, 'points/s', rounded(rate, 2)),
  peak_rss_mb: rounded(peakRssMb, 1),
  limit: limit && rounded(limit, 2),
  ratio: limit && rounded(rate / limit, 3),
})

/** Returns the points and bytes of a month's objects. */
async function objectsOf(
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
async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** Calls a route of the retention function. @throws {Error} when it fails. */
async function ask(stage: Stage, { port }: RunningFunction, path: 'run' | 'reopen', body: object): Promise<void> {
  const headers = { authorization: stage.authorizationFor('retention'), 'content-type': 'application/json' }
  const sent = { method: 'POST', headers, body: JSON.stringify(body), timeoutMs: TIMEOUT_MS }
  const answer = await send(`http://127.0.0.1:${port}${ROUTE}/${path}`, sent)
  if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}: ${answer.body}`)
}

/** Stores a reading of each series per second in chunks. */
async function fill(stage: Stage, month: string): Promise<void> {
  const { admin, tenantId } = stage
  const labels = canonicalLabels({ building: 'north', room: '17' })
  const names = Array.from({ length: SERIES }, (_, i) => `pump-${String(i).padStart(2, '0')}`)
  const identities = names.map((service) => seriesIdentity({ service, type: 'vibration', unit: 'mm/s', labels }))
  await admin.query(`delete from metric_series where metric_type = 'vibration'`)
  await admin.query(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
     select $1, name, 'vibration', 'mm/s', $2::jsonb, decode(identity, 'hex') from unnest($3::text[], $4::text[]) as n (name, identity)`,
    [tenantId, labels, names, identities],
  )
  const points = `
    select s.id, $1::timestamptz + i * interval '1 second' as ts, ((s.id * 7919 + i * 104729::bigint) % 100003) / 1000.0::float8 as value
    from generate_series(0, $2::int - 1) i, metric_series s where s.metric_type = 'vibration'`
  await storeAll(stage, points, [`${month} 00:00:00+00`, SECONDS], CHUNK_SECONDS)
}

/** Yields the points of a month in the form of COPY. */
function* copyLines(tenantId: number, month: string): Iterable<CopyLines> {
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
