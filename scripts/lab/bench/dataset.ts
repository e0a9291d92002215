// A data set of five million points for queries.
import { once } from 'node:events'
import { from as copyFrom } from 'pg-copy-streams'
import { send } from '../../cli/send.ts'
import type { Stage } from './stage.ts'
import { clearPoints } from './stored-points.ts'

/** Series that are read every second, and those that are read every minute. */
const QUICK = { series: 40, readings: 100_000, stepS: 1 }
const SLOW = { series: 1_000, readings: 1_000, stepS: 60 }
/** Agents send collected points in intervals of this length, and ingest stores points of one request sorted by series and time. */
const SENT_EVERY_S = 10

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

/** Loads the data set in the order in which ingest would have stored it, and analyses it. All existing points are removed. */
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
  await makeMonthOf(stage, beginS(dataset))
  await copyPoints(stage, dataset, slow, signal)
  for (const statement of ['vacuum (analyze) metric_point', 'analyze metric_series', 'checkpoint'])
    await admin.query(statement)
  return dataset
}

async function makeSeries(stage: Stage, count: number, nameOf: (series: number) => string): Promise<number[]> {
  const names = Array.from({ length: count }, (_, series) => nameOf(series))
  const { rows } = await stage.admin.query<{ id: number }>(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
     select $1, name, $2, 'mm/s', '{"building":"north","room":"17"}', sha256(convert_to(name, 'UTF8'))
     from unnest($3::text[]) with ordinality as n (name, place) order by place
     on conflict (tenant_id, identity_sha256) do update set unit = excluded.unit
     returning id`,
    [stage.tenantId, METRIC_TYPE, names],
  )
  return rows.map((row) => row.id)
}

/** On the first day of a month the data begins in the month before, which exists only when points of it were sent. */
async function makeMonthOf(stage: Stage, second: number): Promise<void> {
  const ingest = await stage.start('metrics-ingest')
  const timestamp = new Date(second * 1000).toISOString()
  const point = { service_name: 'first', metric_type: METRIC_TYPE, metric_value: 0, unit: '1', timestamp }
  const { status, body } = await send(`http://127.0.0.1:${ingest.port}/api/v1/monitoring/metrics`, {
    method: 'POST',
    headers: { authorization: stage.authorizationFor('metrics-ingest'), 'content-type': 'application/json' },
    body: JSON.stringify(point),
    timeoutMs: 10_000,
  })
  await ingest.stop()
  if (status !== 200) throw new Error(`a point was not taken: ${status} ${body}`)
  await stage.makeMonths()
  await clearPoints(stage)
}

async function copyPoints(
  { admin, tenantId }: Stage,
  dataset: Dataset,
  slow: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const stream = admin.query(copyFrom('copy metric_point (tenant_id, series_id, ts, value) from stdin'))
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
