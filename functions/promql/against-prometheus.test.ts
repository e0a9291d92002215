// The same expressions over the same samples, asked of the engine and of a real Prometheus: the answers are equal.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isPrometheusInstalled } from '../../test/support/programs/prometheus.ts'
import { type PrometheusReceiver, startReceiver } from '../../test/support/programs/prometheus-receiver.ts'
import { differenceOf } from '../../test/support/promql/compare.ts'
import { expressionsByKind, wrongExpressions } from '../../test/support/promql/expressions.ts'
import { memoryEngine } from '../../test/support/promql/memory-engine.ts'
import { nodeQueries } from '../../test/support/promql/node-dashboard.ts'
import { randomExpressions } from '../../test/support/promql/random-expressions.ts'
import { END_MS, exampleSeries, START_MS } from '../../test/support/promql/samples.ts'

const needed = isPrometheusInstalled ? 'Prometheus' : 'Prometheus (skipped: apt-get install prometheus)'
const INSTANTS = [START_MS + 3_601_500, END_MS - 60_000]
const RANGE = { start: START_MS + 1_800_000, end: END_MS + 400_000, step: 47_000 }

const engine = memoryEngine(exampleSeries())

let prometheus: PrometheusReceiver

beforeAll(async () => {
  if (!isPrometheusInstalled) return
  prometheus = await startReceiver()
  await prometheus.write(exampleSeries())
})
afterAll(async () => await prometheus?.stop())

/** Prometheus answers these from a hash map, so in another order each time. */
const hasOrder = (query: string): boolean => !/histogram_quantile|\[[^\]]*:/.test(query)

const seconds = (ms: number): string => String(ms / 1_000)

async function compareInstant(query: string, at: number): Promise<string | undefined> {
  const expected = await prometheus.ask('query', { query, time: seconds(at) })
  const difference = differenceOf(expected, engine.instant(query, at), hasOrder(query))
  return difference && `${query} @ ${seconds(at)}: ${difference}`
}

async function compareRange(query: string): Promise<string | undefined> {
  const bounds = { start: seconds(RANGE.start), end: seconds(RANGE.end), step: seconds(RANGE.step) }
  const difference = differenceOf(
    await prometheus.ask('query_range', { query, ...bounds }),
    engine.range(query, RANGE),
    true,
  )
  return difference && `${query} over the range: ${difference}`
}

const kinds = Object.entries(expressionsByKind)
const total = kinds.reduce((sum, [, expressions]) => sum + expressions.length, 0)

it('compares at least 400 expressions, as many of each kind as the document says', () => {
  expect(total).toBeGreaterThanOrEqual(400)
  const page = readFileSync(new URL('../../docs/promql.md', import.meta.url), 'utf8')
  const rows = kinds.map(([kind, expressions]) => `| ${kind} | ${expressions.length} |`)
  expect(page).toContain(rows.join('\n'))
  expect(page).toContain(`| wrong, compared word by word | ${wrongExpressions.length} |`)
  expect(page).toContain(`| a dashboard of the node exporter | ${nodeQueries.length} |`)
})

describe.skipIf(!isPrometheusInstalled)(`compared with ${needed}`, () => {
  it.each(kinds)('answers %s alike', async (_, expressions) => {
    const differences: (string | undefined)[] = []
    for (const query of expressions) {
      for (const at of INSTANTS) differences.push(await compareInstant(query, at))
      differences.push(await compareRange(query))
    }
    expect(differences.filter((difference) => difference !== undefined)).toEqual([])
  })

  it.each([1, 2, 3, 4])('answers 100 random expressions alike (seed %i)', async (seed) => {
    const differences: (string | undefined)[] = []
    for (const query of randomExpressions(`promql ${seed}`, 100)) {
      differences.push(await compareInstant(query, INSTANTS[0] as number), await compareRange(query))
    }
    expect(differences.filter((difference) => difference !== undefined)).toEqual([])
  })

  it('refuses wrong expressions with the same words', async () => {
    const differences: (string | undefined)[] = []
    for (const query of wrongExpressions) differences.push(await compareInstant(query, INSTANTS[0] as number))
    expect(differences.filter((difference) => difference !== undefined)).toEqual([])
  })
})
