// CPU of PromQL range queries, all processes counted, in turns with Prometheus and VictoriaMetrics over the same samples.
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from '../../../cli/output.ts'
import type { Bench, Experiment } from '../experiment.ts'
import { costRow } from '../experiments/write-cost.ts'
import { keepBusy, type Subject, takeTurns } from '../measure.ts'
import type { Row } from '../row.ts'
import type { Stage } from '../stage.ts'
import { clearPoints, drain } from '../stored-points.ts'
import { cpuUsOf, serverCpu } from '../suite-cpu.ts'
import { type ComparedName, type ComparedProgram, startCompared } from './compared-programs.ts'
import { counterWrites, HOURS_S, METRIC, SCRAPE_S, SERIES } from './counters.ts'
import { makeSecondTenant, measurePeak } from './promql-peak.ts'

const expressions = {
  'sum-by': `sum by (zone) (rate(${METRIC}[5m]))`,
  rate: `rate(${METRIC}[5m])`,
} as const
type Question = keyof typeof expressions
const questions = Object.keys(expressions) as readonly Question[]
/** Keys of the compared programs in the table, with the programs' names. */
const compared = { prometheus: 'prometheus', victoria: 'victoria-metrics' } as const
const rowName = (question: Question, against: string): string => `promql.${question}.${against}`

const PEAK = 'promql.peak'
const TIMEOUT_MS = 60_000
const VISIBLE_MS = 20_000

/**
 * `promql.<question>.<program>`: the rate is our CPU per query in ms, the limit that of the program, and the ratio is the limit divided by the
 * rate. `promql.peak` is the maximum memory of an instance while two tenants ask for as much as they may.
 */
export const promqlCost: Experiment = {
  names: [...questions.flatMap((question) => Object.keys(compared).map((against) => rowName(question, against))), PEAK],
  what: 'CPU of a range query over 100 series and 6 hours, sampled and asked every 15 s, in turns with Prometheus and VictoriaMetrics',
  isHeavy: true,
  run: measure,
}

interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Microseconds of CPU so far, of every process that works for an answer. */
  readonly cpuUs: () => number
}

async function measure(bench: Bench, wanted: ReadonlySet<string>): Promise<readonly Row[]> {
  await using parts = new AsyncDisposableStack()
  const endS = Math.floor(Date.now() / 1_000 / SCRAPE_S) * SCRAPE_S
  parts.defer(async () => await clearPoints(bench.stage))
  const own = await openOwn(bench, endS, parts)
  const others = new Map<string, Asked>()
  for (const [against, name] of Object.entries(compared)) {
    const program = await startCompared(name)
    if (!program) {
      say(`  ${name} is not installed, so its figures are left out: apt-get install ${name}`)
      continue
    }
    parts.defer(async () => await program.stop())
    others.set(against, await openCompared(name, program, endS))
  }
  const rows: Row[] = []
  for (const question of questions) {
    if (!Object.keys(compared).some((against) => wanted.has(rowName(question, against)))) continue
    const asked = [own, ...others.values()].map((one) => subjectOf(one, question, endS))
    const [slices = [], ...limits] = await takeTurns(asked, bench.turns)
    const unit = 'ms/query'
    const names = [...others.keys()]
    for (const against of Object.keys(compared)) {
      const limit = limits[names.indexOf(against)]
      rows.push(costRow(rowName(question, against), slices, limit, unit))
    }
  }
  if (wanted.has(PEAK)) rows.push(await peakOf(bench.stage, endS))
  return rows
}

/** Writes the samples for a second tenant and measures the memory of queries by both tenants. */
async function peakOf(stage: Stage, endS: number): Promise<Row> {
  const second = await makeSecondTenant(stage)
  const ingest = await stage.start('metrics-ingest')
  await writeAll(`http://127.0.0.1:${ingest.port}/api/v1/write`, endS, { authorization: second })
  await ingest.stop()
  const authorizations = [stage.authorizationFor('metrics-query'), second]
  return await measurePeak(PEAK, { stage, endS, authorizations })
}

/** Writes the samples to the log, compacts them, and starts the function that is queried. */
async function openOwn({ stage }: Bench, endS: number, parts: AsyncDisposableStack): Promise<Asked> {
  await clearPoints(stage)
  const ingest = parts.adopt(await stage.start('metrics-ingest'), (one) => one.stop())
  const authorization = stage.authorizationFor('metrics-ingest')
  await writeAll(`http://127.0.0.1:${ingest.port}/api/v1/write`, endS, { authorization })
  // A month that is over gets its partition when many of its points are in the log.
  await stage.makeMonths()
  const compaction = parts.adopt(await stage.start('compaction'), (one) => one.stop())
  await drain(stage, compaction)
  const server = await serverCpu(stage.admin)
  const query = parts.adopt(await stage.start('metrics-query'), (one) => one.stop())
  return {
    url: `http://127.0.0.1:${query.port}/prometheus`,
    headers: { authorization: stage.authorizationFor('metrics-query') },
    cpuUs: () => server() + cpuUsOf(query.pid()),
  }
}

async function openCompared(name: ComparedName, { url, pid }: ComparedProgram, endS: number): Promise<Asked> {
  await writeAll(`${url}/api/v1/write`, endS, {})
  const asked: Asked = { url, headers: {}, cpuUs: () => cpuUsOf(pid) }
  // VictoriaMetrics shows what was written after a while.
  const deadline = performance.now() + VISIBLE_MS
  while ((await seriesIn(asked, 'rate', endS)) < SERIES) {
    if (performance.now() > deadline) throw new Error(`${name} does not answer with what was written`)
    await sleep(500)
  }
  return asked
}

async function writeAll(url: string, endS: number, more: Readonly<Record<string, string>>): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', ...more }
  for (const body of counterWrites(endS)) {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const answer = await fetch(url, { method: 'POST', headers, body, signal })
    if (!answer.ok) throw new Error(`samples are refused: ${answer.status} ${await answer.text()}`)
  }
}

function subjectOf(asked: Asked, question: Question, endS: number): Subject {
  const expected = question === 'rate' ? SERIES : 5
  return {
    async run(ms) {
      const before = asked.cpuUs()
      const slice = await keepBusy(ms, 1, async () => {
        const found = await seriesIn(asked, question, endS)
        if (found !== expected) throw new Error(`${asked.url}: ${found} series instead of ${expected}`)
        return 1
      })
      return { ...slice, count: (asked.cpuUs() - before) / 1_000, seconds: slice.count }
    },
  }
}

/** Asks for the six hours, and returns the number of series with a value at every step. */
async function seriesIn({ url, headers }: Asked, question: Question, endS: number): Promise<number> {
  const parameters = {
    query: expressions[question],
    start: String(endS - HOURS_S),
    end: String(endS),
    step: String(SCRAPE_S),
  }
  const answer = await fetch(`${url}/api/v1/query_range`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(parameters),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text.slice(0, 200)}`)
  const { data } = JSON.parse(text) as { data: { result: readonly { values: readonly unknown[] }[] } }
  return data.result.filter(({ values }) => values.length === HOURS_S / SCRAPE_S + 1).length
}
