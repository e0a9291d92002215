// An hour of seconds out of chunks in columns: requests a second compared with JSON, and CPU of a request compared with InfluxDB.
import { DAY, HOUR, type Micros, monthStart, SECOND } from '@penstock/shared/base/time.ts'
import type { Bench, Experiment } from '../experiment.ts'
import { INFLUX_DATABASE, type Influx, startInflux } from '../influx.ts'
import type { LoadPlan } from '../load-generator.ts'
import { type Slice, type Subject, takeTurns } from '../measure.ts'
import { type Row, toRow } from '../row.ts'
import type { Stage } from '../stage.ts'
import { clearPoints } from '../stored-points.ts'
import { cpuUsOf, serverCpu } from '../suite-cpu.ts'
import { COLUMNS } from './compact-reading.ts'
import { loadStored, MONTH, makeMonth, makeSource, type Shape } from './stored-load.ts'

const FUNCTION = 'metrics-query'
const CONCURRENCY = 8
const TIMEOUT_MS = 60_000
const BEGIN: Micros = monthStart(MONTH) + 2 * DAY
/** Four series with a point per second for a day. */
const SHAPE: Shape = { name: 'columns', what: '', series: 4, perWrite: 60, stepUs: SECOND, writes: 1_440 }
const SECONDS = 86_400
const NAMES = {
  rate: 'stored-columns.range-3600.c8',
  columns: 'stored-columns.range-3600.cpu',
  json: 'stored-columns.json-3600.cpu',
}

export const storedColumns: Experiment = {
  names: Object.values(NAMES),
  what: 'an hour of seconds out of chunks: in columns compared with JSON, and ms of CPU of a request compared with InfluxDB',
  isHeavy: true,
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  await using parts = new AsyncDisposableStack()
  const { stage } = bench
  parts.defer(async () => await clearPoints(stage))
  await fill(stage)
  const instance = parts.adopt(await stage.start(FUNCTION), (one) => one.stop())
  const server = await serverCpu(stage.admin)
  const cpuUs = (): number => server() + cpuUsOf(instance.pid())
  const authorization = stage.authorizationFor(FUNCTION)
  const plan = { port: instance.port, concurrency: CONCURRENCY, authorization, beginMs: 0, timeoutMs: TIMEOUT_MS }
  const paths = hours((from) => {
    const range = `start_time=${iso(from)}&end_time=${iso(from + HOUR - SECOND)}`
    return `/api/v1/monitoring/metrics?service_name=columns&labels.n=${(from / SECOND) % SHAPE.series}&${range}&limit=3600`
  })
  const columns = costed(bench, { ...plan, recipe: { kind: 'get', paths, accept: COLUMNS } }, cpuUs)
  const json = costed(bench, { ...plan, recipe: { kind: 'get', paths } }, cpuUs)
  const influx = await startInflux(process.env)
  if (influx) parts.defer(async () => await influx.stop())
  const beside = influx ? [costed(bench, await fillInflux(plan, influx), () => cpuUsOf(influx.pid))] : []
  const count = instance.countConnections()
  const [slices = [], limit = []] = await takeTurns(
    [columns, json, ...beside].map(({ subject }) => subject),
    bench.turns,
  )
  const theirs = beside[0]?.costs() ?? []
  return [
    toRow({
      name: NAMES.rate,
      unit: 'requests/s',
      slices,
      limit,
      peakRssMb: instance.peakRssMb(),
      connections: await count(),
    }),
    costRow(NAMES.columns, columns.costs(), theirs),
    costRow(NAMES.json, json.costs(), theirs),
  ]
}

async function fill(stage: Stage): Promise<void> {
  await clearPoints(stage)
  await makeMonth(stage)
  const source = await makeSource(stage, SHAPE, BEGIN)
  await loadStored(stage, SHAPE, source)
  await stage.admin.query('analyze metric_series; analyze metric_chunk')
}

/** Paths of hours that begin at any second of the day, more than the function can cache. */
const hours = (path: (from: Micros) => string): readonly string[] =>
  Array.from({ length: 5_000 }, (_, i) => path(BEGIN + ((i * 7_919) % (SECONDS - 3_600)) * SECOND))

const iso = (at: Micros): string => new Date(at / 1000).toISOString()

interface Costed {
  readonly subject: Subject
  /** Slices that count milliseconds of CPU by requests. The first turn is the warm-up and is not counted. */
  readonly costs: () => readonly Slice[]
}

function costed({ load }: Bench, plan: LoadPlan, cpuUs: () => number): Costed {
  const costs: Slice[] = []
  const subject: Subject = {
    async run(ms) {
      const opened = await load.open(plan)
      const before = cpuUs()
      const slice = await opened.run(ms)
      costs.push({ ...slice, count: (cpuUs() - before) / 1000, seconds: slice.count })
      return slice
    },
  }
  return { subject, costs: () => costs.slice(1) }
}

/** Makes a row in which less is better: the ratio says how many times as much the limit costs. */
function costRow(name: string, slices: readonly Slice[], limit: readonly Slice[]): Row {
  const row = toRow({ name, unit: 'ms', slices, ...(limit.length > 0 ? { limit } : {}) })
  return { ...row, ratio: row.ratio === null ? null : Number((1 / row.ratio).toFixed(3)) }
}

/** Writes the same points into InfluxDB as lines, and asks it for the same hours. */
async function fillInflux(plan: Omit<LoadPlan, 'recipe'>, { port }: Influx): Promise<LoadPlan> {
  for (let hour = 0; hour < SECONDS / 3_600; hour++) {
    const lines: string[] = []
    for (let series = 0; series < SHAPE.series; series++)
      for (let second = hour * 3_600; second < (hour + 1) * 3_600; second++)
        lines.push(`columns,n=${series} value=${valueOf(series, second)} ${BEGIN / SECOND + second}`)
    const url = `http://127.0.0.1:${port}/write?db=${INFLUX_DATABASE}&precision=s`
    const { status } = await fetch(url, {
      method: 'POST',
      body: lines.join('\n'),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (status !== 204) throw new Error(`InfluxDB did not take its points: ${status}`)
  }
  const paths = hours((from) => {
    const range = `time >= ${from}u and time < ${from + HOUR}u and n = '${(from / SECOND) % SHAPE.series}'`
    return `/query?db=${INFLUX_DATABASE}&epoch=u&q=${encodeURIComponent(`select value from columns where ${range}`)}`
  })
  return { ...plan, port, recipe: { kind: 'get', paths } }
}

/** Returns the same values as `stored-load.ts` writes. */
const valueOf = (series: number, second: number): number =>
  Math.round(2_000 + series + 500 * Math.sin(second / 50)) / 100
