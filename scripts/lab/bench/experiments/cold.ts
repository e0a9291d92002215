// Measures reads from the archive: a day of one series from an archived month of five million points.
import { DAY, formatTimestamp } from '@penstock/shared/base/time.ts'
import { send } from '../../../cli/send.ts'
import { countBytes } from '../byte-counter.ts'
import type { Bench, Experiment } from '../experiment.ts'
import { type Subject, takeTurns } from '../measure.ts'
import { figureRow, type Measured, type Row, rounded, toRow } from '../row.ts'
import type { RunningFunction } from '../running-function.ts'
import { cpuUsOf } from '../suite-cpu.ts'
import { type ArchivedMonth, archiveMonth } from './archived-month.ts'

const FUNCTION = 'metrics-query'
const DAY_C8 = 'cold.query-day.c8'
const DAY_READ = 'cold.query-day.read'
const DAY_CPU = 'cold.query-day.cpu'
const CONCURRENCY = 8
const TIMEOUT_MS = 30_000

/**
 * Requests per second, the part of the object that the first request of an instance reads (its footer, and the day's row groups), and CPU of the function
 * for a request.
 */
export const coldReading: Experiment = {
  names: [DAY_C8, DAY_READ, DAY_CPU],
  what: 'a day of one series out of an archived month of 5 M points, by 8 clients; the part of its object that one of them reads; CPU of one',
  isHeavy: true,
  async run(bench) {
    await using parts = new AsyncDisposableStack()
    const month = await archiveMonth(bench.stage, parts)
    const { readBytes, cpuMs, ...read } = await measure(bench, month)
    return [
      toRow({ name: DAY_C8, ...read }),
      partRow((100 * readBytes) / month.object.size),
      figureRow(DAY_CPU, 'ms', rounded(cpuMs, 2)),
    ]
  },
}

interface Read extends Omit<Measured, 'name'> {
  readonly readBytes: number
  /** CPU milliseconds of the function per request. */
  readonly cpuMs: number
}

async function measure({ stage, load, turns }: Bench, month: ArchivedMonth): Promise<Read> {
  await using parts = new AsyncDisposableStack()
  const counter = parts.adopt(await countBytes(month.storageUrl), (one) => one.close())
  const more = { ARCHIVE_STORAGE_ENDPOINT: counter.url }
  const instance = parts.adopt(await stage.start(FUNCTION, more), (one) => one.stop())
  const authorization = stage.authorizationFor(FUNCTION)
  const paths = pathsOf(month)
  await expectDay(instance, authorization, paths[0] ?? '', month)
  const readBytes = counter.take()

  const recipe = { kind: 'get', paths } as const
  const plan = {
    port: instance.port,
    concurrency: CONCURRENCY,
    recipe,
    authorization,
    beginMs: 0,
    timeoutMs: TIMEOUT_MS,
  }
  const count = instance.countConnections()
  const opened = await load.open(plan)
  let [requests, usedUs] = [0, 0]
  const metered: Subject = {
    async run(ms) {
      const before = cpuUsOf(instance.pid())
      const slice = await opened.run(ms)
      usedUs += cpuUsOf(instance.pid()) - before
      requests += slice.count
      return slice
    },
  }
  const [slices = []] = await takeTurns([metered], turns)
  const peakRssMb = instance.peakRssMb()
  const cpuMs = usedUs / 1_000 / Math.max(requests, 1)
  return { unit: 'requests/s', slices, peakRssMb, connections: await count(), readBytes, cpuMs }
}

/** Returns paths for days that are spread over series and the month. */
const pathsOf = ({ series, days, pointsADay }: ArchivedMonth): readonly string[] =>
  series.flatMap((service, s) =>
    [0, 1, 2, 3].map((turn) => {
      const from = days[(s * 7 + turn * 11) % days.length] ?? 0
      const range = `start_time=${formatTimestamp(from)}&end_time=${formatTimestamp(from + DAY - 1)}`
      return `/api/v1/monitoring/metrics?service_name=${service}&metric_type=vibration&${range}&limit=${pointsADay}`
    }),
  )

async function expectDay(
  { port }: RunningFunction,
  authorization: string,
  path: string,
  { pointsADay }: ArchivedMonth,
): Promise<void> {
  const { status, body } = await send(`http://127.0.0.1:${port}${path}`, {
    method: 'GET',
    headers: { authorization },
    timeoutMs: TIMEOUT_MS,
  })
  const points = status === 200 ? (JSON.parse(body) as unknown[]).length : -1
  if (points !== pointsADay) throw new Error(`${DAY_C8}: ${points} points, not ${pointsADay}: ${body.slice(0, 300)}`)
}

const partRow = (percent: number): Row => figureRow(DAY_READ, '% of object', rounded(percent, 2))
