import { parseTimestamp } from '@penstock/shared/base/time.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createQueryClient, type QueryClient } from '../../../test/support/points/query-client.ts'
import { addPoints, addSeries } from '../../../test/support/points/stored-series.ts'
import { createTenant, type TestDatabase } from '../../../test/support/postgres/database.ts'
import type { Series } from '../contract.ts'
import type { QueryLimits } from '../limits.ts'

let client: QueryClient
let database: TestDatabase
let tenant: number
let other: number
beforeAll(async () => {
  client = await createQueryClient({ months: ['2026-09-01', '2026-10-01', '2026-11-01'], now: 0 })
  database = client.database
  tenant = await createTenant(database)
  other = await createTenant(database)
  for (const owner of [tenant, other]) {
    for (const [type, unit, labels] of [
      ['x', 'By', '{"host":"h1","10":1,"9":2}'],
      ['x', 'By', '{"host":"h2"}'],
      ['y', '1', '{}'],
    ] as const) {
      const id = await addSeries(database, owner, { service: 'web', type, unit, labels })
      const days = type === 'x' ? ['2026-09-30T23:59:59.999999Z', '2026-10-15T00:00:00Z', '2026-11-02T03:04:05Z'] : []
      await addPoints(
        database,
        owner,
        id,
        days.map((day) => [parseTimestamp(day) as number, 1] as const),
      )
    }
  }
  await addSeries(database, tenant, { service: 'db' })
})
afterAll(async () => await client.close())

const ask = async (query: Record<string, string> = {}, limits: Partial<QueryLimits> = {}, tenantId = tenant) =>
  await client.series(tenantId, query, limits)

describe('the list of series', () => {
  it('has names, labels in canonical form, and the first and last instant of each', async () => {
    const { text } = await ask({ service_name: 'web' })
    const ends = '"first_timestamp":"2026-09-30T23:59:59.999999Z","last_timestamp":"2026-11-02T03:04:05.000000Z"'
    expect(text).toBe(
      `[{"service_name":"web","metric_type":"x","unit":"By","metric_metadata":{"10":1,"9":2,"host":"h1"},${ends}},` +
        `{"service_name":"web","metric_type":"x","unit":"By","metric_metadata":{"host":"h2"},${ends}},` +
        `{"service_name":"web","metric_type":"y","unit":"1","metric_metadata":null,"first_timestamp":null,"last_timestamp":null}]`,
    )
  })

  it.each<[Record<string, string>, number]>([
    [{}, 4],
    [{ service_name: 'db' }, 1],
    [{ metric_type: 'x' }, 2],
    [{ unit: '1' }, 1],
    [{ 'labels.host': 'h2' }, 1],
    [{ 'labels.host': 'h3' }, 0],
  ])('is narrowed by %j, and shows the tenant alone', async (query, count) => {
    const { rows, cursor } = await ask(query)
    expect([rows.length, cursor]).toEqual([count, undefined])
  })

  it('comes in pages that hold each series once, also those added meanwhile', async () => {
    const seen: Series[] = []
    let cursor: string | undefined
    do {
      const page = await ask({ limit: '2', ...(cursor === undefined ? {} : { cursor }) })
      seen.push(...page.rows)
      cursor = page.cursor
      if (seen.length === 2) await addSeries(database, tenant, { service: 'late' })
    } while (cursor !== undefined)
    expect(seen.map((row) => row.service_name)).toEqual(['web', 'web', 'web', 'db', 'late'])
  })

  it('ends a page before it would be too large', async () => {
    const { text: whole } = await ask({ service_name: 'web' })
    const { rows, cursor, text } = await ask({ service_name: 'web' }, { answerBytes: 400 })
    expect([rows.length, Buffer.byteLength(text) <= 400, whole.length > 400]).toEqual([2, true, true])
    expect((await ask({ service_name: 'web', cursor: String(cursor) })).rows).toHaveLength(1)
  })

  it('refuses a cursor of another tenant, filter, or kind', async () => {
    const { cursor } = await ask({ limit: '1' })
    const asked = { limit: '1', cursor: String(cursor) }
    const refusal = { kind: { status: 422 }, errors: [{ pointer: '?cursor' }] }
    await expect(ask(asked, {}, other)).rejects.toMatchObject(refusal)
    await expect(ask({ ...asked, service_name: 'web' })).rejects.toMatchObject(refusal)
    await expect(ask({ ...asked, cursor: 'nonsense' })).rejects.toMatchObject(refusal)
  })
})
