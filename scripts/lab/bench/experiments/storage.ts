// Measures the disk space of a point that metrics-ingest has stored.

import type { Bench, Experiment } from '../experiment.ts'
import { figureRow, type Row, rounded } from '../row.ts'
import { clearPoints } from '../stored-points.ts'
import { bareCopy, bytesPerPoint, TWIN } from './bare-writes.ts'

const NAME = 'storage.bytes-per-point'
const FUNCTION = 'metrics-ingest'
const LOAD_MS = 5_000
const TIMEOUT_MS = 60_000

/** Bytes of table and indexes per point, after batches of 1,000 by 8 clients; the limit is the same table filled by COPY. */
export const storage: Experiment = {
  names: [NAME],
  what: 'bytes of table and indexes a point, after batches of 1,000',
  run: async (bench) => [await measure(bench)],
}

async function measure({ stage, load }: Bench): Promise<Row> {
  await clearPoints(stage)
  const instance = await stage.start(FUNCTION)
  const subject = await load.open({
    port: instance.port,
    concurrency: 8,
    recipe: { kind: 'batch', points: 1_000 },
    authorization: stage.authorizationFor(FUNCTION),
    beginMs: Date.now(),
    timeoutMs: TIMEOUT_MS,
  })
  const { errors } = await subject.run(LOAD_MS)
  await (await bareCopy(stage)).run(LOAD_MS)
  const rate = await bytesPerPoint(stage.admin, 'metric_point')
  const limit = await bytesPerPoint(stage.admin, TWIN)
  await instance.stop()
  return {
    ...figureRow(NAME, 'bytes/point', rounded(rate, 1)),
    errors,
    limit: rounded(limit, 1),
    ratio: rounded(limit / rate, 3),
  }
}
