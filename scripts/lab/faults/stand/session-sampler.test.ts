import { budget } from '@penstock/shared/database/connection-budget.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres/database.ts'
import { limitOf, overBudget, startSampler } from './session-sampler.ts'

let db: TestDatabase

beforeAll(async () => {
  db = await createTestDatabase()
})

afterAll(async () => await db.drop())

it('sees the most sessions that a function had at a time, also when they are gone', async () => {
  const sampler = await startSampler(db.url)
  const clients = Array.from({ length: 3 }, () => new Client({ connectionString: db.urlOf('metrics-query') }))
  await Promise.all(clients.map((client) => client.connect()))
  await new Promise((resolve) => setTimeout(resolve, 200))
  await Promise.all(clients.map((client) => client.end()))
  await new Promise((resolve) => setTimeout(resolve, 100))

  const { count, most, mostOf } = await sampler.stop()
  // Other tests run on the same server.
  expect(mostOf['metrics-query']).toBeGreaterThanOrEqual(3)
  expect(most).toBeGreaterThanOrEqual(3)
  expect(count).toBeGreaterThanOrEqual(3)
})

it('finds a role above its limit, and not one at it', () => {
  const limit = limitOf('small', 'metrics-ingest')
  const samples = (sessions: number) => ({ count: 1, most: sessions, mostOf: { 'metrics-ingest': sessions } })
  expect(overBudget('small', samples(limit))).toEqual([])
  expect(overBudget('small', samples(limit + 1))).toEqual([
    `${limit + 1} sessions of metrics-ingest where its limit is ${limit}`,
  ])
})

it('finds more sessions together than the budget has for functions, and not as many', () => {
  const { max_connections, reserved } = budget.tiers.small
  const samples = (most: number) => ({ count: 1, most, mostOf: {} })
  expect(overBudget('small', samples(max_connections - reserved))).toEqual([])
  expect(overBudget('small', samples(max_connections - reserved + 1))).toHaveLength(1)
})
