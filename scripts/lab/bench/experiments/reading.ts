// Experiments with queries: loads on metrics-query over five million points, compared with the same rows for plain clients.
import type { Client } from 'pg'
import { send } from '../../../cli/send.ts'
import { beginS, type Dataset, METRIC_TYPE, serviceOf } from '../dataset.ts'
import type { Bench, Experiment } from '../experiment.ts'
import { takeTurns } from '../measure.ts'
import { type Row, toRow } from '../row.ts'
import { poolOf } from '../stage.ts'
import { AGGREGATE, bareQueries, NEWEST, type NextQuery, RANGE } from './bare-queries.ts'

export interface Reading {
  readonly name: string
  readonly what: string
  readonly concurrency: number
  /** Returns the paths that are requested in turn, and the corresponding queries of plain clients. */
  questions(dataset: Dataset, tenantId: number): Questions
  /** Returns true when a parsed answer has the expected content. */
  isRight(answer: unknown): boolean
}

export interface Questions {
  readonly paths: readonly string[]
  readonly bare: NextQuery
}

const FUNCTION = 'metrics-query'
const PATH = '/api/v1/monitoring/metrics'
const TIMEOUT_MS = 60_000
const RANGE_S = 3_600
const DAY_S = 86_400
const NEWEST_POINTS = 1_000

/** An hour of one series with a point per second, in one page. */
export const rangeQuestions = (dataset: Dataset, tenantId: number): Questions => {
  const windows = windowsOf(dataset, RANGE_S)
  return {
    paths: windows.map((w) => `${PATH}?${filterOf(w.series)}&${between(w.from, w.to)}&limit=${RANGE_S}`),
    bare: inTurn(windows, (w) => ({
      text: RANGE,
      values: [tenantId, dataset.ids[w.series], iso(w.from), iso(w.to), RANGE_S],
    })),
  }
}

/** A day of one series with a point per second, by the hour. */
export const aggregateQuestions = (dataset: Dataset, tenantId: number): Questions => {
  const windows = windowsOf(dataset, DAY_S)
  return {
    paths: windows.map((w) => `${PATH}/aggregate?${filterOf(w.series)}&${between(w.from, w.to)}&interval=hour`),
    bare: inTurn(windows, (w) => ({
      text: AGGREGATE,
      values: [tenantId, dataset.ids[w.series], iso(w.from), iso(w.to)],
    })),
  }
}

/** The newest points of all series. The plain client knows how far back they reach, which the function must find out. */
export const newestQuestions = (dataset: Dataset, tenantId: number): Questions => ({
  paths: [`${PATH}?${between(beginS(dataset), dataset.endS)}&limit=${NEWEST_POINTS}`],
  bare: () => ({ text: NEWEST, values: [tenantId, iso(dataset.endS - 59), NEWEST_POINTS] }),
})

/** Measures requests per second. The limit is as many plain clients as an instance has connections. */
export function reading(plan: Reading): Experiment {
  return { names: [plan.name], what: plan.what, run: async (bench) => [await measure(bench, plan)] }
}

async function measure(bench: Bench, plan: Reading): Promise<Row> {
  await using parts = new AsyncDisposableStack()
  const { stage, load } = bench
  const { paths, bare } = plan.questions(await bench.dataset(), stage.tenantId)
  const instance = parts.adopt(await stage.start(FUNCTION), (one) => one.stop())
  const authorization = stage.authorizationFor(FUNCTION)
  const answer = await send(`http://127.0.0.1:${instance.port}${paths[0]}`, {
    method: 'GET',
    headers: { authorization },
    timeoutMs: TIMEOUT_MS,
  })
  if (answer.status !== 200 || !plan.isRight(JSON.parse(answer.body)))
    throw new Error(`${plan.name}: not the answer that was expected: ${answer.status} ${answer.body.slice(0, 300)}`)
  const clients: Client[] = []
  for (let i = 0; i < Math.min(plan.concurrency, poolOf(FUNCTION)); i++)
    clients.push(parts.adopt(await stage.connectAs(FUNCTION), (client) => client.end()))

  const count = instance.countConnections()
  const { port } = instance
  const recipe = { kind: 'get', paths } as const
  const { concurrency } = plan
  const subject = await load.open({ port, concurrency, recipe, authorization, beginMs: 0, timeoutMs: TIMEOUT_MS })
  const [slices = [], limit = []] = await takeTurns([subject, bareQueries(clients, bare)], bench.turns)
  const peakRssMb = instance.peakRssMb()
  return toRow({ name: plan.name, unit: 'requests/s', slices, limit, peakRssMb, connections: await count() })
}

interface Window {
  readonly series: number
  /** Seconds since 1970, both inclusive. */
  readonly from: number
  readonly to: number
}

/** Returns windows of this many seconds, ten of each series, spread over the data. */
function windowsOf(dataset: Dataset, seconds: number): readonly Window[] {
  const first = beginS(dataset)
  const room = dataset.endS - first - seconds + 1
  return Array.from({ length: dataset.ids.length * 10 }, (_, i) => {
    const from = first + ((i * 7_919) % (room + 1))
    return { series: i % dataset.ids.length, from, to: from + seconds - 1 }
  })
}

function inTurn(windows: readonly Window[], ask: (window: Window) => ReturnType<NextQuery>): NextQuery {
  let turn = 0
  return () => ask(windows[turn++ % windows.length] as Window)
}

const filterOf = (series: number): string => `service_name=${serviceOf(series)}&metric_type=${METRIC_TYPE}`

const between = (from: number, to: number): string => `start_time=${iso(from)}&end_time=${iso(to)}`

const iso = (second: number): string => new Date(second * 1000).toISOString()
