import { tierNames } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { expect, test } from 'vitest'
import { deploymentsOf, isPush } from './deployments.ts'
import { readRouteTable } from './route-table.ts'

test('reading and writing metrics share a path and are two functions', async () => {
  const table = await readRouteTable('standard')

  const functions = table.filter((entry) => entry.path === '/api/v1/monitoring/metrics')
  expect(functions).toEqual(
    expect.arrayContaining([
      { function: 'metrics-ingest', method: 'POST', path: '/api/v1/monitoring/metrics' },
      { function: 'metrics-query', method: 'GET', path: '/api/v1/monitoring/metrics' },
    ]),
  )
})

test.each(tierNames)('every function of the tier %s but those for pushes is in the table', async (tier) => {
  const table = await readRouteTable(tier)

  const expected = deploymentsOf(tier).filter((it) => !isPush(it))
  expect(new Set(table.map((entry) => entry.function))).toEqual(new Set(expected.map(({ name }) => name)))
  expect(table.filter((entry) => entry.path === '/')).toEqual([{ function: 'console', method: 'GET', path: '/' }])
})

test('every tier has the same routes, whatever serves them', async () => {
  const [small, standard, large] = await Promise.all(
    tierNames.map(async (tier) =>
      (await readRouteTable(tier)).map(({ method, path }) => `${method} ${path}`).toSorted(),
    ),
  )
  expect(small).toEqual(standard)
  expect(large).toEqual(standard)
})

test('two functions that claim one method and path are refused', async () => {
  const query = budget.tiers.standard.deployments['metrics-query']
  const deployments = {
    'metrics-query': query,
    'metrics-query-copy': query,
  } as typeof budget.tiers.standard.deployments
  const twice = { ...budget, tiers: { ...budget.tiers, standard: { ...budget.tiers.standard, deployments } } }

  await expect(readRouteTable('standard', twice)).rejects.toThrow(/is claimed by metrics-query and metrics-query-copy/)
})
