// The archive's tables refuse wrong changes from every writer.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'

let db: TestDatabase
let tenant: number
beforeAll(async () => {
  db = await createTestDatabase()
  tenant = await createTenant(db)
})
afterAll(async () => await db.drop())
beforeEach(async () => void (await db.query('delete from archive')))

const whole = {
  dataset: 'metrics',
  month: '2026-02-01' as string | null,
  name: 'metrics/x',
  generation: 1,
  rows: 1,
  min_ts: '2026-02-01 00:00:00+00',
  max_ts: '2026-02-28 23:59:59.999999+00',
  size_bytes: 1,
  crc32c: 'mnG7TA==',
  state: 'written',
  verified_at: null as string | null,
  removed_at: null as string | null,
}
async function insert(change: Partial<typeof whole> = {}): Promise<unknown> {
  const row = { ...whole, ...change }
  const names = Object.keys(row)
  return await db.query(
    `insert into archive (tenant_id, content_sha256, ${names.join()}) values ($1, sha256('x'), ${names.map((_, i) => `$${i + 2}`).join()})`,
    [tenant, ...Object.values(row)],
  )
}
const verified = { state: 'verified', verified_at: '2026-06-01' }

describe('the archive', () => {
  it('takes an object from the first to the last microsecond of its month', async () => {
    await expect(insert()).resolves.toEqual([])
  })

  it.each([
    ['begins before its month', { min_ts: '2026-01-31 23:59:59.999999+00' }],
    ['ends after it', { max_ts: '2026-03-01 00:00:00+00' }],
    ['has no month', { month: null }],
    ['has another day than the first for a month', { month: '2026-02-02' }],
    ['is empty', { rows: 0 }],
    ['is verified and was never read back', { state: 'verified' }],
    ['is gone and still stands for a month', { ...verified, removed_at: '2026-06-01' }],
  ])('takes no object that %s', async (_, change) => {
    await expect(insert(change)).rejects.toThrow(/check constraint/)
  })

  it('has one verified object of a tenant and month, and one that is to follow it', async () => {
    await insert(verified)
    await insert({ generation: 2 })
    await expect(insert({ ...verified, generation: 3 })).rejects.toThrow('archive_verified')
    await expect(insert({ generation: 3 })).rejects.toThrow('archive_written')
    await insert({ generation: 4, state: 'replaced' })
    await insert({ generation: 5, state: 'replaced', removed_at: '2026-06-01' })
  })

  it('has an object once', async () => {
    await insert({ state: 'replaced' })
    await expect(insert({ state: 'replaced' })).rejects.toThrow('archive_name_generation_key')
  })
})

describe('a hold', () => {
  const place = async (values: string) =>
    await db.query(
      `insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by, released_by, released_at) values ($1, 'metrics', ${values})`,
      [tenant],
    )
  it('says who, why, and, when it is released, by whom and when', async () => {
    await place(`'2026-01-01', '2026-02-01', 'a case', 'op', null, null`)
    await place(`'2026-01-01', '2026-02-01', 'a case', 'op', 'op', now()`)
    await expect(place(`'2026-01-01', '2026-02-01', 'a case', 'op', null, now()`)).rejects.toThrow(/check/)
    await expect(place(`'2026-01-01', '2026-02-01', '', 'op', null, null`)).rejects.toThrow(/check/)
    await expect(place(`'2026-02-01', '2026-02-01', 'a case', 'op', null, null`)).rejects.toThrow(/check/)
  })
})
