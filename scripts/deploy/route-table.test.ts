import { expect, test } from 'vitest'
import { entryPoints } from './entry-points.ts'
import { readRouteTable } from './route-table.ts'

test('reading and writing metrics share a path and are two functions', async () => {
  const table = await readRouteTable()

  const functions = table.filter((entry) => entry.path === '/api/v1/monitoring/metrics')
  expect(functions).toEqual(
    expect.arrayContaining([
      { function: 'metrics-ingest', method: 'POST', path: '/api/v1/monitoring/metrics' },
      { function: 'metrics-query', method: 'GET', path: '/api/v1/monitoring/metrics' },
    ]),
  )
})

test('every function but those for pushes is in the table', async () => {
  const table = await readRouteTable()

  const expected = entryPoints.flatMap(({ name, routes }) => (routes === 'routes' ? [name] : []))
  expect([...new Set(table.map((entry) => entry.function))].sort()).toEqual([...expected].sort())
  expect(table.filter((entry) => entry.path === '/')).toEqual([])
})

test('two functions that claim one method and path are refused', async () => {
  const twice = [
    { name: 'metrics-query', slice: 'metrics-query', routes: 'routes' },
    { name: 'metrics-query-copy', slice: 'metrics-query', routes: 'routes' },
  ] as const

  await expect(readRouteTable(twice)).rejects.toThrow(/is claimed by metrics-query and metrics-query-copy/)
})
