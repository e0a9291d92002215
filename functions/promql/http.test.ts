// The routes through the front on a real PostgreSQL: written by remote write, asked as clients of Prometheus ask.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isPrometheusInstalled } from '../../test/support/programs/prometheus.ts'
import {
  type PrometheusReceiver,
  startReceiver,
  type WrittenSeries,
} from '../../test/support/programs/prometheus-receiver.ts'
import { differenceOf } from '../../test/support/promql/compare.ts'
import { expressionsByKind, wrongExpressions } from '../../test/support/promql/expressions.ts'
import { END_MS, exampleSeries, START_MS } from '../../test/support/promql/samples.ts'
import { type ServedEngine, startServedEngine } from '../../test/support/promql/served-engine.ts'

const MONTH = new Date(START_MS).toISOString().slice(0, 8)
const seconds = (ms: number): string => String(ms / 1_000)
const AT = seconds(START_MS + 3_601_500)
const RANGE = { start: seconds(START_MS + 1_800_000), end: seconds(END_MS + 400_000), step: '47' }
/** Every sixth expression of each kind. */
const some = Object.values(expressionsByKind).flatMap((all) => all.filter((_, i) => i % 6 === 0))
/** Values that are not finite are not stored, and a series without a job gets one. */
const comparable = exampleSeries().filter(
  ({ labels, value }) => labels['job'] !== undefined && Array.from(value).every(Number.isFinite),
)
const needed = isPrometheusInstalled ? 'Prometheus' : 'Prometheus (skipped: apt-get install prometheus)'
const hasOrder = (query: string): boolean => !/histogram_quantile|\[[^\]]*:/.test(query)

let prometheus: PrometheusReceiver
beforeAll(async () => {
  if (!isPrometheusInstalled) return
  prometheus = await startReceiver()
  await prometheus.write(comparable)
})
afterAll(async () => await prometheus?.stop())

describe('the routes', () => {
  let engine: ServedEngine
  let key: string
  beforeAll(async () => {
    engine = await startServedEngine([`${MONTH}01`])
    key = await engine.tenant('default')
    await engine.write(key, comparable)
  }, 120_000)
  afterAll(async () => await engine.close())

  it.skipIf(!isPrometheusInstalled)(`answers like ${needed}`, { timeout: 180_000 }, async () => {
    const differences: string[] = []
    for (const query of some) {
      for (const [path, parameters] of [
        ['query', { query, time: AT }],
        ['query_range', { query, ...RANGE }],
      ] as const) {
        const expected = await prometheus.ask(path, parameters)
        const { code: _code, ...answer } = await engine.ask(key, path, parameters, 'POST')
        const difference = differenceOf(expected, answer, path === 'query_range' || hasOrder(query))
        if (difference) differences.push(`${path} ${query}: ${difference}`)
      }
    }
    expect(some.length).toBeGreaterThan(100)
    expect(differences).toEqual([])
  })

  it.skipIf(!isPrometheusInstalled)('lists series, labels and values like it', async () => {
    const match = [
      ['match[]', 'up'],
      ['match[]', 'http_requests_total{code=~"4.."}'],
    ] as const
    for (const path of ['series', 'labels']) {
      const expected = await prometheus.ask(path, match)
      expect((await engine.ask(key, path, match)).data).toEqual(expected.data)
    }
    const values = await prometheus.ask('label/instance/values', match, 'GET')
    expect((await engine.ask(key, 'label/instance/values', match)).data).toEqual(values.data)
    const names = await prometheus.ask('label/__name__/values', [], 'GET')
    expect((await engine.ask(key, 'label/__name__/values')).data).toEqual(names.data)
  })

  it.skipIf(!isPrometheusInstalled)('lists series with points between two instants like it', async () => {
    const d = 'http_requests_total{instance="d:80"}'
    const minutes = (from: number, to: number) => ({
      start: seconds(START_MS + from * 60_000),
      end: seconds(START_MS + to * 60_000),
    })
    for (const [between, count] of [
      [minutes(0, 20), 0],
      [minutes(40, 55), 6],
      [minutes(60, 90), 6],
      [minutes(-90, -30), 0],
      [{ start: seconds(START_MS + 140 * 60_000) }, 0],
      [{ end: seconds(START_MS + 20 * 60_000) }, 0],
      [{ end: seconds(START_MS + 90 * 60_000) }, 6],
    ] as const) {
      const parameters = { 'match[]': d, ...between }
      const given = await engine.ask(key, 'series', parameters)
      expect(given.data).toHaveLength(count)
      expect(given.data).toEqual((await prometheus.ask('series', parameters)).data)
    }
    const instances = async (from: number, to: number): Promise<unknown> =>
      (await engine.ask(key, 'label/instance/values', { ...minutes(from, to), 'match[]': '{job="web"}' })).data
    expect(await instances(0, 20)).toEqual(['c:80'])
    expect(await instances(60, 90)).toEqual(['c:80', 'd:80'])
    expect((await engine.ask(key, 'labels', minutes(-90, -30))).data).toEqual([])
  })

  it('answers a GET and a form alike', async () => {
    const parameters = { query: 'sum by (job) (rate(http_requests_total[5m]))', time: AT }
    const got = await engine.ask(key, 'query', parameters)
    expect(got.code).toBe(200)
    expect((got.data as { result: readonly unknown[] }).result.length).toBeGreaterThan(0)
    expect(await engine.ask(key, 'query', parameters, 'POST')).toEqual(got)
  })

  it('shows no tenant what another one has', async () => {
    const other = await engine.tenant('other')
    for (const [path, parameters] of [
      ['query', { query: '{__name__=~".+"}', time: AT }],
      ['query_range', { query: 'up', ...RANGE }],
    ] as const)
      expect((await engine.ask(other, path, parameters)).data).toMatchObject({ result: [] })
    for (const path of ['labels', 'label/job/values']) expect((await engine.ask(other, path)).data).toEqual([])
    expect((await engine.ask(other, 'series', { 'match[]': 'up' })).data).toEqual([])
    expect((await engine.ask(other, 'metadata')).data).toEqual({})
  })

  it('cuts an answer to the limit, and says so', async () => {
    const cut = await engine.ask(key, 'query', { query: 'http_requests_total', time: AT, limit: '2' })
    expect((cut.data as { result: readonly unknown[] }).result).toHaveLength(2)
    expect(cut.warnings).toEqual(['results truncated due to limit'])
  })
})

describe('names and errors', () => {
  let engine: ServedEngine
  let key: string
  const point = (labels: Record<string, string>): WrittenSeries => ({ labels, at: [START_MS], value: [7] })
  beforeAll(async () => {
    engine = await startServedEngine([`${MONTH}01`])
    key = await engine.tenant('default')
    await engine.write(key, [
      point({ __name__: 'http.server.duration', job: 'shop', 'http.route': '/', unit: 'own' }),
      point({ __name__: 'plain', job: 'shop' }),
    ])
    await engine.database.query(`update metric_series set unit = 'ms' where metric_type = 'http.server.duration'`)
  }, 60_000)
  afterAll(async () => await engine.close())

  const metrics = async (query: string): Promise<unknown> => {
    const { data, error } = await engine.ask(key, 'query', { query, time: seconds(START_MS) })
    expect(error).toBeUndefined()
    return (data as { result: readonly { metric: unknown }[] }).result.map(({ metric }) => metric)
  }

  it('finds a name with other characters in quotes and in the form with underscores', async () => {
    const common = { job: 'shop', unit: 'ms', exported_unit: 'own' }
    const plain = { __name__: 'http_server_duration', http_route: '/', ...common }
    expect(await metrics('http_server_duration')).toEqual([plain])
    expect(await metrics('http_server_duration{http_route="/",unit="ms"}')).toEqual([plain])
    expect(await metrics('{"http.server.duration", "http.route"="/"}')).toEqual([
      { __name__: 'http.server.duration', 'http.route': '/', ...common },
    ])
    expect(await metrics('sum by (http_route) (http_server_duration)')).toEqual([{ http_route: '/' }])
    expect(await metrics('{__name__!="http_server_duration",job="shop"}')).toEqual([{ __name__: 'plain', job: 'shop' }])
    expect(await metrics('{__name__=~"http_.*"}')).toHaveLength(1)
  })

  it('names metrics with their units, and the version', async () => {
    const { data } = await engine.ask(key, 'metadata')
    expect(data).toEqual({
      http_server_duration: [{ type: 'unknown', help: '', unit: 'ms' }],
      plain: [{ type: 'unknown', help: '', unit: '' }],
    })
    expect((await engine.ask(key, 'status/buildinfo')).data).toMatchObject({ version: '2.42.0' })
  })

  const range = { start: '0', end: '60', step: '15' }
  it.each([
    ['query', {}, 400, 'bad_data', /no expression found in input/],
    ['query', { query: 'up{' }, 400, 'bad_data', /^invalid parameter "query": 1:4: parse error/],
    [
      'query',
      { query: 'up', time: 'now' },
      400,
      'bad_data',
      'invalid parameter "time": cannot parse "now" to a valid timestamp',
    ],
    ['query', { query: 'up', time: 'NaN' }, 400, 'bad_data', /valid timestamp/],
    ['query', { query: 'up', limit: 'x' }, 400, 'bad_data', /limit must be a number/],
    ['query', { query: 'up', timeout: '0' }, 503, 'timeout', /timed out/],
    ['query_range', { ...range, query: 'up', step: '0' }, 400, 'bad_data', /zero or negative/],
    [
      'query_range',
      { ...range, query: 'up', end: '-1' },
      400,
      'bad_data',
      /end timestamp must not be before start time/,
    ],
    ['query_range', { ...range, query: 'up', end: '999999' }, 400, 'bad_data', /maximum resolution of 11,000 points/],
    ['query_range', { ...range, query: 'up[5m]' }, 400, 'bad_data', /invalid expression type/],
    [
      'query',
      { query: 'label_replace(plain, "a b", "", "", "")', time: seconds(START_MS) },
      422,
      'execution',
      /invalid destination label name/,
    ],
    ['query', { query: 'count_over_time(vector(1)[30y:1ms])' }, 422, 'execution', /too many samples/],
    ['series', {}, 400, 'bad_data', 'no match[] parameter provided'],
    ['series', { 'match[]': 'rate(up[5m])' }, 400, 'bad_data', /selector/],
    ['format_query', { query: 'sum(' }, 400, 'bad_data', /parse error/],
  ] as const)('refuses %s %j with %d', async (path, parameters, code, errorType, error) => {
    for (const method of ['GET', 'POST'] as const)
      expect(await engine.ask(key, path, parameters, method)).toEqual({
        code,
        status: 'error',
        errorType,
        error: typeof error === 'string' ? error : expect.stringMatching(error),
      })
  })

  it("gives the front's refusals in Prometheus' form too", async () => {
    expect(await engine.ask(undefined, 'query', { query: '1' })).toMatchObject({ code: 401, errorType: 'unauthorized' })
    const writer = await engine.tenant('writer', ['metrics:write'])
    expect(await engine.ask(writer, 'query', { query: '1' })).toMatchObject({ code: 403, errorType: 'forbidden' })
    const twice = [
      ['query', '1'],
      ['query', '2'],
    ] as const
    expect(await engine.ask(key, 'query', twice)).toMatchObject({ code: 400, errorType: 'bad_data' })
  })

  it.skipIf(!isPrometheusInstalled)(`formats expressions like ${needed}`, async () => {
    const differences: string[] = []
    for (const query of [...Object.values(expressionsByKind).flat(), ...wrongExpressions.slice(0, 20)]) {
      const [expected, given] = [
        await prometheus.ask('format_query', { query }),
        await engine.ask(key, 'format_query', { query }),
      ]
      if (expected.data !== given.data) differences.push(`${query}: ${String(expected.data)} / ${String(given.data)}`)
    }
    expect(differences).toEqual([])
  })
})
