// A data set of five million points for queries.
import { once } from 'node:events'
import { from as copyFrom } from 'pg-copy-streams'
import { makeTwin, TWIN } from './experiments/bare-writes.ts'
import type { Stage } from './stage.ts'
import { clearPoints, storeAll } from './stored-points.ts'

/** Series that are read every second, and those that are read every minute. */
const QUICK = { series: 40, readings: 100_000, stepS: 1 }
const SLOW = { series: 1_000, readings: 1_000, stepS: 60 }
/** Agents send collected points in intervals of this length, and ingest stores points of one request sorted by series and time. */
const SENT_EVERY_S = 10
/** Seconds of a row of the log, which has at most 4,096 points: 40 series at a second, 64 at a minute. */
const QUICK_WINDOW_S = 100
const SLOW_WINDOW_S = 3_600

export interface Dataset {
  /** The second of the newest point, since 1970. All series end there; the fast ones begin 100,000 s before. */
  readonly endS: number
  /** Ids of the fast series, by number. */
  readonly ids: readonly number[]
}

/** Returns the service name of a fast series, for filters. */
export const serviceOf = (series: number): string => `pump-${String(series).padStart(2, '0')}`
export const METRIC_TYPE = 'vibration'
/** Returns the first second of the fast series. */
export const beginS = ({ endS }: Dataset): number => endS - (QUICK.readings - 1) * QUICK.stepS

/** Loads the data set as chunks, and as rows of the twin for plain clients. All existing points are removed. */
export async function loadDataset(
  stage: Stage,
  { show, signal }: { readonly show: (line: string) => void; readonly signal: AbortSignal },
): Promise<Dataset> {
  const { admin } = stage
  show('loading 5 M points')
  await clearPoints(stage)
  const endS = Math.floor(Date.now() / 1000)
  const quick = await makeSeries(stage, QUICK.series, serviceOf)
  const slow = await makeSeries(stage, SLOW.series, (series) => `meter-${String(series).padStart(4, '0')}`)
  const dataset = { endS, ids: quick }
  await makeTwin(admin)
  await copyPoints(stage, dataset, slow, signal)
  await admin.query(`vacuum (analyze) ${TWIN}`)
  const points = `select series_id as id, ts, value from ${TWIN} where series_id = any($1::int[])`
  await storeAll(stage, points, [quick], QUICK_WINDOW_S)
  await storeAll(stage, points, [slow], SLOW_WINDOW_S)
  return dataset
}

async function makeSeries(stage: Stage, count: number, nameOf: (series: number) => string): Promise<number[]> {
  const names = Array.from({ length: count }, (_, series) => nameOf(series))
  const { rows } = await stage.admin.query<{ id: number }>(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256, block)
     select $1, name, $2, 'mm/s', '{"building":"north","room":"17"}', sha256(convert_to(name, 'UTF8')), (place - 1) / 64
     from unnest($3::text[]) with ordinality as n (name, place) order by place
     on conflict (tenant_id, identity_sha256) do update set block = excluded.block
     returning id`,
    [stage.tenantId, METRIC_TYPE, names],
  )
  return rows.map((row) => row.id)
}

async function copyPoints(
  { admin, tenantId }: Stage,
  dataset: Dataset,
  slow: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const stream = admin.query(copyFrom(`copy ${TWIN} (tenant_id, series_id, ts, value) from stdin`))
  const failed = once(stream, 'error').then(([error]) => Promise.reject(error as Error))
  const first = beginS(dataset)
  const slowFrom = dataset.endS - (SLOW.readings - 1) * SLOW.stepS
  for (let from = first; from <= dataset.endS; from += SENT_EVERY_S) {
    signal.throwIfAborted()
    const seconds = Array.from({ length: Math.min(SENT_EVERY_S, dataset.endS + 1 - from) }, (_, i) => from + i)
    const minutes = seconds.filter((second) => second >= slowFrom && (second - slowFrom) % SLOW.stepS === 0)
    const text = linesOf(tenantId, dataset.ids, seconds) + linesOf(tenantId, slow, minutes)
    if (!stream.write(text)) await Promise.race([once(stream, 'drain'), failed])
  }
  stream.end()
  await Promise.race([once(stream, 'finish'), failed])
}

function linesOf(tenantId: number, ids: readonly number[], seconds: readonly number[]): string {
  const times = seconds.map((second) => ({ second, text: new Date(second * 1000).toISOString() }))
  let lines = ''
  for (const id of ids)
    for (const { second, text } of times) lines += `${tenantId}\t${id}\t${text}\t${valueAt(id, second)}\n`
  return lines
}

/** Returns a plausible measurement: three decimals, never constant for long. */
const valueAt = (series: number, second: number): number => ((series * 7_919 + second * 104_729) % 100_003) / 1_000
