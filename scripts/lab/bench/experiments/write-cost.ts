// CPU of a written point, all work counted: the function, every process of PostgreSQL, compaction with its roll-ups, and vacuum.
import type { Bench, Experiment } from '../experiment.ts'
import { INFLUX_DATABASE, type Influx, startInflux } from '../influx.ts'
import { type Slice, type Subject, takeTurns } from '../measure.ts'
import type { Recipe } from '../requests.ts'
import { type Row, toRow, type Unit } from '../row.ts'
import { clearPoints, drain } from '../stored-points.ts'
import { cpuUsOf, serverCpu } from '../suite-cpu.ts'
import { bareCopy, makeTwin } from './bare-writes.ts'

interface Load {
  readonly name: string
  readonly what: string
  readonly recipe: Recipe
  readonly concurrency: number
}

const loads: readonly Load[] = [
  {
    name: 'line-5000.c8',
    what: 'lines of 100 series, 5,000 a request, by 8 clients',
    recipe: { kind: 'foreign', protocol: 'line-protocol', points: 5_000 },
    concurrency: 8,
  },
  {
    name: 'json-1000.c8',
    what: 'JSON batches of 1,000 points of 100 series, by 8 clients',
    recipe: { kind: 'batch', points: 1_000 },
    concurrency: 8,
  },
  { name: 'single.c64', what: 'posts of one metric, by 64 clients', recipe: { kind: 'single' }, concurrency: 64 },
]
const TIMEOUT_MS = 60_000
/** Distance between the times of two turns, longer than the span of one turn's points. */
const TURN_MS = 600_000

/**
 * `cost.<load>` is compared with InfluxDB where that takes the same lines, in turns. `drained.<load>` counts points per second until the log is empty,
 * and is compared with COPY of rows.
 */
export const writeCost: Experiment = {
  names: loads.flatMap(({ name }) => [`cost.${name}`, `drained.${name}`]),
  what: 'CPU of a written point in µs, compaction and vacuum included; points per second until the log is empty, compared with COPY',
  isHeavy: true,
  async run(bench, wanted) {
    const rows: Row[] = []
    for (const load of loads)
      if ([...wanted].some((name) => name.endsWith(load.name))) rows.push(...(await measure(bench, load)))
    return rows
  },
}

async function measure(bench: Bench, load: Load): Promise<readonly Row[]> {
  await using parts = new AsyncDisposableStack()
  const { stage, turns } = bench
  parts.defer(async () => await clearPoints(stage))
  await clearPoints(stage)
  await makeTwin(stage.admin)
  const log = await openCost(bench, load)
  const influx = load.recipe.kind === 'foreign' ? await startInflux(process.env) : undefined
  if (influx) parts.defer(async () => await influx.stop())
  const beside = [
    ...(influx ? [inInflux(bench, load, influx)] : []),
    ...(load.recipe.kind === 'batch' ? [bareCopy(stage)] : []),
  ]
  const [inLog = [], besideIt] = await takeTurns([log.subject, ...beside], turns)
  // The first turn is the warm-up, which is not counted.
  const drained = log.drained.slice(1)
  const copied = load.recipe.kind === 'batch' && besideIt ? { limit: besideIt } : {}
  return [
    costRow(`cost.${load.name}`, inLog, influx && besideIt ? besideIt : undefined),
    toRow({ name: `drained.${load.name}`, unit: 'points/s', slices: drained, ...copied }),
  ]
}

/** Makes a row in which less is better: the ratio says how many times as much the limit costs. */
export function costRow(
  name: string,
  slices: readonly Slice[],
  limit?: readonly Slice[],
  unit: Unit = 'µs/point',
): Row {
  const row = toRow({ name, unit, slices, ...(limit ? { limit } : {}) })
  return { ...row, ratio: row.ratio === null ? null : Number((1 / row.ratio).toFixed(3)) }
}

/** Opens a load whose slices count microseconds of CPU by points, until the log is empty. */
async function openCost(bench: Bench, load: Load): Promise<{ readonly subject: Subject; readonly drained: Slice[] }> {
  const { stage } = bench
  const ingest = await stage.start('metrics-ingest')
  const compaction = await stage.start('compaction')
  const server = await serverCpu(stage.admin)
  const cpuUs = (): number => server() + cpuUsOf(ingest.pid()) + cpuUsOf(compaction.pid())
  const drained: Slice[] = []
  let beginMs = monthBegin()
  const subject: Subject = {
    async run(ms) {
      const opened = await bench.load.open({
        port: ingest.port,
        concurrency: load.concurrency,
        recipe: load.recipe,
        authorization: stage.authorizationFor('metrics-ingest'),
        beginMs,
        timeoutMs: TIMEOUT_MS,
      })
      beginMs += TURN_MS
      const [before, begun] = [cpuUs(), performance.now()]
      const slice = await opened.run(ms)
      await drain(stage, compaction)
      drained.push({ ...slice, seconds: (performance.now() - begun) / 1000 })
      return { ...slice, count: cpuUs() - before, seconds: slice.count }
    },
  }
  return { subject, drained }
}

/** Returns an instant in the current month far enough in the past for all turns. */
const monthBegin = (): number => Date.now() - 3 * 3_600_000

/** Writes the same lines into InfluxDB. */
function inInflux(bench: Bench, load: Load, { port, pid }: Influx): Subject {
  let beginMs = monthBegin()
  const path = `/write?db=${INFLUX_DATABASE}&precision=ms`
  const recipe: Recipe = load.recipe.kind === 'foreign' ? { ...load.recipe, path } : load.recipe
  return {
    async run(ms) {
      const { concurrency } = load
      const opened = await bench.load.open({
        port,
        concurrency,
        recipe,
        authorization: 'none',
        beginMs,
        timeoutMs: TIMEOUT_MS,
      })
      beginMs += TURN_MS
      const before = cpuUsOf(pid)
      const slice = await opened.run(ms)
      return { ...slice, count: cpuUsOf(pid) - before, seconds: slice.count }
    },
  }
}
