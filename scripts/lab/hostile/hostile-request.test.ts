import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.ts'
import { type HostileRequest, hostileRequest, type Mutation, validRequest } from './hostile-request.ts'
import { readHostileRoutes } from './routes.ts'
import type { World } from './world.ts'

const world: World = {
  tenant: 'hostile',
  keys: { writer: 'w', reader: 'r', revoked: 'v', expired: 'e', operator: 'o' },
  tokens: { partitions: 't' },
  monthMs: Date.UTC(2026, 10),
  cursors: {},
}
const routes = await readHostileRoutes()
const requests = (seed: string, count = 400): HostileRequest[] =>
  Array.from({ length: count }, (_, index) => hostileRequest(seed, index, routes, world))

describe('a hostile request', () => {
  it('is the same, byte for byte, for the same seed and number', () => {
    expect(requests('7')).toEqual(requests('7'))
  })

  it('depends on its own number alone, so that one can be sent again without those before it', () => {
    expect(hostileRequest('7', 399, routes, world)).toEqual(requests('7').at(-1))
  })

  it('is another for another number, and for another seed, all but always', () => {
    const all = [...requests('1'), ...requests('2')].map(({ bytes }) => bytes.toString('latin1'))
    expect(new Set(all).size).toBeGreaterThan(0.92 * all.length)
  })

  it('comes from every route, by every mutation, in every manner', () => {
    const all = requests('1', 2_000)
    expect(new Set(all.map(({ route }) => route))).toEqual(new Set(routes.map(({ name }) => name)))
    const mutations: Mutation[] = ['json', 'text', 'bytes', 'encoding', 'query', 'headers', 'line', 'wire']
    expect(new Set(all.flatMap((one) => one.mutations))).toEqual(new Set(mutations))
    expect(new Set(all.map(({ manner }) => manner))).toEqual(new Set(['kept', 'finished', 'cut']))
  })

  it('has something done to it', () => {
    expect(requests('1').filter(({ mutations }) => mutations.length === 0)).toEqual([])
  })
})

describe('a valid request', () => {
  it('is what its seed says, framed', () => {
    const [one] = routes.filter(({ name }) => name === 'metrics-query.series')
    const { bytes, mutations } = validRequest(
      one ?? expect.fail('no such route'),
      { headers: [['X-API-Key', 'w']], query: [['limit', '1']] },
      world,
    )
    expect(mutations).toEqual([])
    expect(bytes.toString()).toBe(
      'GET /api/v1/monitoring/metrics/series?limit=1 HTTP/1.1\r\nHost: penstock.test\r\nX-API-Key: w\r\n\r\n',
    )
  })

  it('has a value where the path of its contract has a parameter', () => {
    const [one] = routes.filter(({ name }) => name === 'metrics-query.series')
    const seed = { headers: [], path: '/api/v1/things/7' }
    expect(validRequest(one ?? expect.fail('no such route'), seed, world).bytes.toString()).toMatch(
      /^GET \/api\/v1\/things\/7 HTTP/,
    )
  })

  it('leaves no parameter of its path without a value', () => {
    const unfilled = routes.filter(({ route, seeds }) =>
      seeds.some((seed) => (seed(world, seededRandom('1')).path ?? route.path).includes('{')),
    )
    expect(unfilled.map(({ name }) => name)).toEqual([])
  })
})
