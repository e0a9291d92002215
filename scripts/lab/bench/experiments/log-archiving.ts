// Archives a month of five million points out of chunks, and brings it back.
import { join } from 'node:path'
import { addMonths, monthOf } from '@penstock/shared/base/time.ts'
import { ARCHIVE_BUCKET } from '../../../cli/state.ts'
import { startStorage } from '../../../local/storage/server.ts'
import type { Experiment } from '../experiment.ts'
import type { Row } from '../row.ts'
import type { Stage } from '../stage.ts'
import { ask, copyLines, objectsOf, POINTS, rowOf, timed } from './archiving.ts'
import { copyIntoTwin, makeTwin } from './bare-writes.ts'
import { backToRows, fillRows, moveAll } from './moving.ts'

const WRITE = 'log-archive.write'
const BYTES = 'log-archive.bytes-per-point'
const REOPEN = 'log-archive.reopen'

/**
 * Points per second from chunks to storage with proof, and back; the limit of both is COPY of the same number of rows.
 */
export const logArchiving: Experiment = {
  names: [WRITE, BYTES, REOPEN],
  what: '5 M points of a month out of chunks: to storage with proof; bytes of its object; back into chunks',
  isHeavy: true,
  async run({ stage }) {
    await using parts = new AsyncDisposableStack()
    parts.defer(async () => await backToRows(stage))
    const month = addMonths(monthOf(Date.now() * 1000), -3)
    await fillRows(stage, month)
    await moveAll(stage, 0)
    const folder = join(stage.folder, 'storage')
    const storage = await startStorage({ folder, clock: Date.now, buckets: [ARCHIVE_BUCKET] })
    parts.defer(() => storage.close())
    return await measure(stage, month, storage.url)
  },
}

async function measure(stage: Stage, month: string, storageUrl: string): Promise<readonly Row[]> {
  const settings = { HOT_DAYS: '1', RETENTION_RUN_SECONDS: '1500', ARCHIVE_STORAGE_ENDPOINT: storageUrl }
  const writing = await stage.start('retention', settings)
  const archivedS = await timed(() => ask(stage, writing, 'run', { policies: ['metrics_archive'] }))
  const peakOfWrite = writing.peakRssMb()
  const { stored, bytes } = await objectsOf(stage, month)
  const reading = await stage.start('retention', settings)
  const reopenedS = await timed(() => ask(stage, reading, 'reopen', { month }))
  const peakOfReopen = reading.peakRssMb()
  await reading.stop()
  const back = await chunked(stage)
  // A copy of metric_point with a partition for the month.
  await backToRows(stage)
  await stage.admin.query(`insert into deferred_point (tenant_id, series_id, ts, value) values ($1, 1, $2, 0)`, [
    stage.tenantId,
    `${month} 00:00:00+00`,
  ])
  await stage.makeMonths()
  await makeTwin(stage.admin)
  const copied = await copyIntoTwin(stage.admin, copyLines(stage.tenantId, month))
  const limit = copied.count / copied.seconds
  return [
    { ...rowOf(WRITE, POINTS / archivedS, limit, peakOfWrite), errors: POINTS - stored },
    { ...rowOf(BYTES, bytes / stored, null, null), unit: 'bytes/point' },
    { ...rowOf(REOPEN, POINTS / reopenedS, limit, peakOfReopen), errors: POINTS - back },
  ]
}

async function chunked({ admin }: Stage): Promise<number> {
  const { rows } = await admin.query<{ n: number }>('select coalesce(sum(n), 0)::float8 as n from metric_chunk')
  return rows[0]?.n ?? 0
}
