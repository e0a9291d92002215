// Expressions that nobody would ask, through HTTP: damaged ones, and ones that would take for ever. Each is answered or refused in time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutatedExpressions, randomExpressions } from '../../test/support/promql/random-expressions.ts'
import { exampleSeries, START_MS } from '../../test/support/promql/samples.ts'
import { type ServedEngine, startServedEngine } from '../../test/support/promql/served-engine.ts'

const START_S = START_MS / 1_000
const TIMEOUT_MS = 2_000
/** Milliseconds that an answer may take in addition to its limit, on a busy machine. */
const GRACE_MS = 4_000

let engine: ServedEngine
let key: string
beforeAll(async () => {
  engine = await startServedEngine(['2026-03-01'])
  key = await engine.tenant('default')
  const series = exampleSeries().filter(({ value }) => Array.from(value).every(Number.isFinite))
  await engine.write(key, series)
}, 60_000)
afterAll(async () => await engine.close())

async function ask(query: string, step: number): Promise<string> {
  const range = { start: String(START_S), end: String(START_S + 3_600), step: String(step), timeout: `${TIMEOUT_MS}ms` }
  const begun = performance.now()
  const { code, errorType, status } = await engine.ask(key, 'query_range', { query, ...range }, 'POST')
  const ms = performance.now() - begun
  if (ms > TIMEOUT_MS + GRACE_MS) return `took ${Math.round(ms)} ms: ${query}`
  if (code >= 500 && errorType !== 'timeout') return `${code} ${errorType}: ${query}`
  return errorType ?? status
}

it('answers or refuses damaged and random expressions', { timeout: 120_000 }, async () => {
  const found = new Set<string>()
  for (const query of [...mutatedExpressions('through http', 250), ...randomExpressions('through http', 60)])
    found.add(await ask(query, 300))
  for (const kind of found) expect(['bad_data', 'execution', 'success', 'timeout']).toContain(kind)
  expect(found.has('success') && found.has('bad_data')).toBe(true)
})

describe('refuses or ends', () => {
  const nested = (open: string, inner: string, close: string, times: number): string =>
    open.repeat(times) + inner + close.repeat(times)
  it.each([
    ['brackets without end', nested('(', '1', ')', 30_000)],
    ['operators without end', `1${'+1'.repeat(30_000)}`],
    ['signs without end', `${'-'.repeat(30_000)}1`],
    ['subqueries in subqueries', nested('max_over_time(', 'up', '[1d:1s])', 6)],
    ['years of steps', 'count_over_time(vector(1)[100y:1ms])'],
    ['a regular expression that others match in exponential time', `{instance=~"(a|a)*(b|b)*${'(a*)*'.repeat(50)}c"}`],
    ['a long regular expression', `{instance=~"${'[a-z]{1,900}'.repeat(40)}"}`],
    ['all pairs of all series', '{__name__=~".+"} * on () group_left () {__name__=~".+"}'],
    ['windows of all points at every step', `quantile_over_time(0.5, {__name__=~".+"}[150m])`],
    ['the same union again and again', Array.from({ length: 250 }, () => '{__name__=~".+"}').join(' or ')],
    ['a label that doubles', nested('label_join(', 'up', ', "x", "", "x", "x", "x", "x")', 12)],
  ])('%s', { timeout: 30_000 }, async (_, query) => {
    expect(['bad_data', 'execution', 'success', 'timeout']).toContain(await ask(query, 1))
  })

  it('and answers the next', async () => {
    expect(await ask('count(up)', 300)).toBe('success')
  })
})
