// Expressions over months in Cloud Storage, in the database, and in both, through HTTP: the answers are those from before the months left.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { archiveStored, compactServed } from '../../test/support/promql/archived-engine.ts'
import { expressionsByKind } from '../../test/support/promql/expressions.ts'
import { exampleSeries, START_MS } from '../../test/support/promql/samples.ts'
import { type ServedEngine, startServedEngine } from '../../test/support/promql/served-engine.ts'

const HOUR = 3_600_000
const MARCH = Date.UTC(2026, 2, 1)
/** The samples begin in February and end in March. */
const SHIFT_MS = MARCH - 75 * 60_000 - START_MS
const MONTHS = ['2026-02-01', '2026-03-01']
const series = exampleSeries()
  .filter(({ labels, value }) => labels['job'] !== undefined && Array.from(value).every(Number.isFinite))
  .map((one) => ({ ...one, at: Array.from(one.at, (ms) => ms + SHIFT_MS) }))
const some = Object.values(expressionsByKind).flatMap((all) => all.filter((_, i) => i % 30 === 4))
const seconds = (ms: number): string => String(ms / 1_000)

const questions = [
  ...some.flatMap((query) => [
    ['query', { query, time: seconds(MARCH - HOUR / 2) }] as const,
    ['query', { query, time: seconds(MARCH + 120_000) }] as const,
    ['query_range', { query, start: seconds(MARCH - HOUR), end: seconds(MARCH + HOUR), step: '173' }] as const,
  ]),
  ['query', { query: 'sum by (job) (increase(http_requests_total[2h]))', time: seconds(MARCH + HOUR) }],
] as const
const lists = [
  ['series', { 'match[]': 'http_requests_total', start: seconds(MARCH - HOUR), end: seconds(MARCH - HOUR / 2) }],
  ['label/instance/values', { start: seconds(MARCH - HOUR), end: seconds(MARCH) }],
] as const

describe('expressions over archived months', () => {
  let engine: ServedEngine
  let key: string
  beforeAll(async () => {
    engine = await startServedEngine(MONTHS)
    key = await engine.tenant('default')
    await engine.write(key, series)
    await compactServed(engine, MONTHS)
  }, 120_000)
  afterAll(async () => await engine.close())

  const answers = async (): Promise<readonly unknown[]> => {
    const found: unknown[] = []
    for (const [path, parameters] of [...questions, ...lists]) found.push(await engine.ask(key, path, parameters))
    return found
  }
  const countPoints = async (): Promise<number> => {
    const [row] = await engine.database.query<{ points: number }>(
      `select count(*)::int as points from stored_point where ts < '2026-03-01Z'`,
    )
    return row?.points ?? -1
  }

  it('answers the same when a month, and then both, are in objects', { timeout: 120_000 }, async () => {
    const before = await answers()
    expect(before.every((answer) => (answer as { code: number }).code !== 503)).toBe(true)
    expect(JSON.stringify(before[questions.length - 1])).toContain('"job":"api"')
    const [series, instances] = before.slice(-2).map((answer) => JSON.stringify(answer))
    expect(series).toContain('c:80')
    expect(series).not.toContain('d:80')
    expect(instances).toContain('d:80')
    expect(await countPoints()).toBeGreaterThan(5_000)
    await archiveStored(engine, '2026-02-01')
    expect(await countPoints()).toBe(0)
    expect(await answers()).toEqual(before)
    await archiveStored(engine, '2026-03-01')
    expect(engine.storage.names().filter((name) => name.startsWith('metrics/'))).toHaveLength(2)
    expect(await answers()).toEqual(before)
  })

  it('answers late points over those of the object', async () => {
    const at = [MARCH - HOUR / 2]
    await engine.write(key, [{ labels: { __name__: 'up', job: 'node', instance: 'n1:9100' }, at, value: [41] }])
    const { data } = await engine.ask(key, 'query', {
      query: 'up{instance="n1:9100"}',
      time: seconds(MARCH - HOUR / 2),
    })
    expect(data).toMatchObject({ result: [{ value: [(MARCH - HOUR / 2) / 1_000, '41'] }] })
  })
})
