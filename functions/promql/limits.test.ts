// The limits of a query through HTTP: each refuses with an error of its own that names it, and one tenant's queries delay no other's.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ServedEngine, startServedEngine } from '../../test/support/promql/served-engine.ts'

const START_S = Date.UTC(2026, 2, 1, 10) / 1_000
const limits = { series: 8, points: 400, samples: 1_000, steps: 500, answerBytes: 8_192, listedSeries: 9, entries: 5 }
const series = Array.from({ length: 10 }, (_, n) => ({
  labels: { __name__: 'load', job: 'api', n: String(n) },
  at: Array.from({ length: 50 }, (_, i) => (START_S + i * 15) * 1_000),
  value: Array.from({ length: 50 }, (_, i) => i / 7),
}))

let engine: ServedEngine
let key: string
let other: string
beforeAll(async () => {
  engine = await startServedEngine(['2026-03-01'], limits)
  key = await engine.tenant('default')
  other = await engine.tenant('other')
  await engine.write(key, series)
}, 60_000)
afterAll(async () => await engine.close())

const ask = async (path: string, parameters: Readonly<Record<string, string>>, as = key) =>
  await engine.ask(as, path, { time: String(START_S + 700), ...parameters })
const range = (steps: number) => ({ start: String(START_S), end: String(START_S + 15 * (steps - 1)), step: '15' })
const few = 'load{n=~"[0-7]"}'

describe('a query', () => {
  it.each([
    ['series', 'query', { query: 'load{n!="0",n!="1"}' }, undefined, undefined],
    ['series', 'query', { query: 'load{n!="0"}' }, 'execution', 'a selector matches more than 8 series'],
    ['points', 'query', { query: 'count_over_time(load{n=~"[0-7]"}[12m30s])' }, undefined, undefined],
    [
      'points',
      'query',
      { query: 'count_over_time(load{n=~"[0-7]"}[12m30s]) + count_over_time(load{n="0"}[12m])' },
      'execution',
      'too many samples into memory in query execution: at most 400 stored points',
    ],
    ['cells', 'query_range', { query: 'vector(time()) + vector(time())', ...range(200) }, undefined, undefined],
    [
      'cells',
      'query_range',
      { query: 'vector(time()) + vector(time())', ...range(400) },
      'execution',
      'at most 1,000 cells',
    ],
    ['steps', 'query_range', { query: '1', ...range(501) }, 'execution', 'the answer would have more than 0.008 MiB'],
    ['steps', 'query_range', { query: '1', ...range(502) }, 'bad_data', 'exceeded maximum resolution of 500 points'],
    ['bytes', 'query_range', { query: `sum(${few})`, ...range(50) }, undefined, undefined],
    ['bytes', 'query_range', { query: few, ...range(50) }, 'execution', 'the answer would have more than 0.008 MiB'],
    ['bytes', 'query', { query: `${few}[12m]` }, 'execution', 'the answer would have more than 0.008 MiB'],
    ['time', 'query', { query: few, timeout: '0' }, 'timeout', 'query timed out in query execution: its limit is 0 s'],
    ['list', 'series', { 'match[]': 'load' }, undefined, undefined],
    ['list', 'labels', {}, 'execution', 'more than 9 series match'],
  ] as const)('has a limit of %s: %s %j', async (_, path, parameters, errorType, error) => {
    const answer = await ask(path, parameters)
    if (errorType === undefined) return expect(answer.status).toBe('success')
    const code = { execution: 422, timeout: 503, bad_data: 400 }[errorType]
    expect(answer).toEqual({ code, status: 'error', errorType, error: expect.stringContaining(error) })
  })

  it('has at most as many entries in a list as the limit, and says so', async () => {
    const { data, warnings } = await ask('series', { 'match[]': 'load' })
    expect([(data as readonly unknown[]).length, warnings]).toEqual([5, ['results truncated due to limit']])
  })
})

describe('while a statement takes long', () => {
  const running = async (): Promise<number> => {
    const [row] = await engine.database.query<{ running: number }>(
      `select count(*)::int as running from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`,
    )
    return row?.running ?? -1
  }
  beforeAll(async () => {
    await engine.database.query(
      'create policy slow on metric_series as restrictive using ((select pg_sleep(20)) is not null)',
    )
    return async () => await engine.database.query('drop policy slow on metric_series')
  })

  it('has it cancelled when the time of the query is over, and its turn goes to the next', async () => {
    const begun = performance.now()
    const late = ask('query', { query: few, timeout: '1s' })
    await expect.poll(running).toBe(1)
    expect(await late).toMatchObject({
      code: 503,
      errorType: 'timeout',
      error: expect.stringContaining('limit is 1 s'),
    })
    expect(performance.now() - begun).toBeLessThan(6_000)
    await expect.poll(running, { timeout: 3_000 }).toBe(0)
    expect(await ask('query', { query: 'vector(1)', timeout: '2s' })).toMatchObject({ code: 200 })
  })
})

describe('while a statement waits', () => {
  let blocker: Client
  beforeEach(async () => {
    blocker = await engine.database.connect()
    await blocker.query('begin; lock table metric_log in access exclusive mode')
    return async () => await blocker.end()
  })
  const waiting = async (): Promise<number> => {
    const [row] = await engine.database.query<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return row?.waiting ?? -1
  }

  it('cancels that of a list too', async () => {
    const list = engine.ask(key, 'series', { 'match[]': 'load', start: String(START_S) })
    await expect.poll(waiting).toBe(1)
    await engine.database.query(
      `select pg_cancel_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    expect(await list).toMatchObject({ code: 503, errorType: 'unavailable' })
  })

  it("lets another tenant's query pass, and refuses the tenant's own after its time in the queue", async () => {
    const heavy = ask('query', { query: 'count(load{n="1"})', timeout: '20s' })
    await expect.poll(waiting).toBe(1)
    const second = ask('query', { query: 'vector(1)', timeout: '300ms' })
    const begun = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () => await ask('query', { query: 'vector(2)', timeout: '10s' }, other)),
    )
    expect(answers.map(({ code }) => code)).toEqual([200, 200, 200, 200, 200])
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect(await second).toEqual({
      code: 503,
      status: 'error',
      errorType: 'timeout',
      error: expect.stringMatching(
        /^query timed out in query queue, because an instance evaluates one query of a tenant/,
      ),
    })
    const third = ask('query', { query: 'vector(3)', timeout: '20s' })
    await sleep(50)
    await blocker.query('rollback')
    expect(await heavy).toMatchObject({ code: 200, data: { result: [{ value: [START_S + 700, '1'] }] } })
    expect(await third).toMatchObject({ code: 200 })
  })
})
