import { tierNames } from '@penstock/shared/config/tier.ts'
import { defineSlice, type Runtime, type Slice } from '@penstock/shared/slice/define-slice.ts'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { resolveBudget, type WrittenBudget } from './resolve-budget.ts'

const RUNTIME: Runtime = { timeout_s: 60, memory_mib: 512, concurrency: 80, connections: 1 }
const slice = (name: string, runtime: Partial<Runtime> = {}, settings = {}, path = `/${name}`): Slice =>
  defineSlice({
    name,
    routes: {
      get: { method: 'GET', path, scope: 'operate', summary: name, answer: z.unknown(), problems: [], audit: false },
    } as never,
    runtime: { ...RUNTIME, ...runtime },
    settings,
    open: () => ({}) as never,
  })

type Rows = WrittenBudget['tiers']['small']['deployments']

const written = (deployments: Rows, other: Rows = deployments): WrittenBudget => {
  const tier = { max_connections: 20, reserved: 2, readers: 1 }
  return {
    tiers: Object.fromEntries(
      tierNames.map((name) => [name, { ...tier, deployments: name === 'small' ? deployments : other }]),
    ) as WrittenBudget['tiers'],
    reader_settings: {},
    timeouts: {},
  }
}
const row = (slices: string[], pool = 1) => ({ slices, instances: 1, pool })
const both = (a: Slice, b: Slice) => ({ a, b })

it('gives a deployment what its slices need together', () => {
  const slices = both(
    slice('a', { timeout_s: 90, concurrency: 8, session: { statement_timeout: '5s', lock_timeout: '1min' } }),
    slice('b', { memory_mib: 1024, connections: 2, session: { statement_timeout: '0', lock_timeout: '30s' } }),
  )
  expect(resolveBudget(written({ app: row(['a', 'b'], 2) }), slices).tiers.small.deployments['app']).toMatchObject({
    timeout_s: 90,
    concurrency: 8,
    memory_mib: 1024,
    own_connection: true,
    session: { statement_timeout: '0', lock_timeout: '1min' },
  })
})

it.each<[string, WrittenBudget, Readonly<Record<string, Slice>>]>([
  [
    'app serves a, which sees every tenant, together with b, which does not',
    written({ app: row(['a', 'b']) }),
    both(slice('a', { maintenance: true }), slice('b')),
  ],
  ['small: no deployment serves b', written({ app: row(['a']) }), both(slice('a'), slice('b'))],
  ['small: a is served twice', written({ app: row(['a']), twin: row(['a']) }), { a: slice('a') }],
  [
    'app has a pool of 1, and one of its slices needs 2',
    written({ app: row(['a']) }),
    { a: slice('a', { connections: 2 }) },
  ],
  [
    'app has a pool of 0, and one of its slices needs 1',
    written({ app: row(['a', 'b'], 0) }),
    both(slice('a', { connections: 0 }), slice('b')),
  ],
  [
    'app has a pool of 1, and none of its slices has a database',
    written({ app: row(['a']) }),
    { a: slice('a', { connections: 0 }) },
  ],
  [
    'app serves /a, whose callers it cannot identify',
    written({ app: row(['a'], 0) }),
    { a: slice('a', { connections: 0 }) },
  ],
  [
    'app serves pushes, which need a deployment of their own',
    written({ app: row(['a', 'b']) }),
    both(slice('a', {}, {}, '/'), slice('b')),
  ],
  [
    'a and b both have a setting ROWS',
    written({ app: row(['a', 'b']) }),
    both(slice('a', {}, { ROWS: z.string() }), slice('b', {}, { ROWS: z.string() })),
  ],
  [
    'app serves other slices than in another tier',
    written({ app: row(['a', 'b']) }, { app: row(['a']), b: row(['b']) }),
    both(slice('a'), slice('b')),
  ],
  ['small spends 19 connections of 18', written({ app: row(['a'], 18) }), { a: slice('a') }],
  ['names the slice c; there is no', written({ app: row(['c']) }), { a: slice('a') }],
])('refuses a budget: %s', (message, budget, slices) => {
  expect(() => resolveBudget(budget, slices)).toThrow(message)
})

it('takes a setting that two slices have from one place', () => {
  const shared = { ROWS: z.string() }
  const slices = both(slice('a', {}, shared), slice('b', {}, shared))
  expect(resolveBudget(written({ app: row(['a', 'b']) }), slices).tiers.small.deployments['app']?.settings).toEqual([
    'ROWS',
  ])
})
