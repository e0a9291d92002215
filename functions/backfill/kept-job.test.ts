import { randomUUID } from 'node:crypto'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { createCache } from '@penstock/shared/cache/cache.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { progress, start } from './handler.ts'
import { changing, keptJob } from './kept-job.ts'

let database: TestDatabase
let db: PenstockDatabase
let caller: TenantPrincipal
let clock: number

beforeAll(async () => {
  database = await createTestDatabase()
  db = database.openAs('backfill')
})
beforeEach(async () => {
  const tenant = { id: await createTenant(database), name: 't', seriesLimit: 0, ignoredLabels: [] }
  caller = { kind: 'tenant', name: 'key:x', tenant, scopes: ['backfill:read', 'backfill:write'] }
  clock = 1_000_000
})
afterAll(async () => await database.drop())

/** An instance of the function, which counts what it asks the database. */
function instance() {
  const units = vi.fn()
  const counted = aroundUnits(db, async (run, work) => (units(), await run(work)))
  const cache = createCache({ clock: () => clock, redis: undefined, maxBytes: 1_000_000 })
  return { db: counted, newId: randomUUID, cache, units }
}

const newJob = async (deps: ReturnType<typeof instance>): Promise<string> =>
  (await start(deps, { caller, idempotency: null }, { job_type: 'x', start_block: 0n, end_block: 100n })).id

const report = async (deps: ReturnType<typeof instance>, jobId: string, block: bigint): Promise<unknown> =>
  await changing(deps, caller, jobId, async () =>
    progress(
      deps,
      { caller, idempotency: null },
      { jobId, report: { current_block: block, progress_percentage: Number(block) }, isExpected: () => true },
    ),
  )

it('is read once for two seconds, in whichever case its id is written, and has its version', async () => {
  const one = instance()
  const id = await newJob(one)
  one.units.mockClear()
  const first = await keptJob(one, caller, id)
  clock += 1_999
  expect(await keptJob(one, caller, id.toUpperCase())).toEqual(first)
  expect(one.units).toHaveBeenCalledTimes(1)
  expect(first.version).toBe((JSON.parse(first.text) as { version: number }).version)
})

it("shows an instance's own reports at once, and another's after two seconds", async () => {
  const [one, two] = [instance(), instance()]
  const id = await newJob(one)
  await keptJob(one, caller, id)
  await keptJob(two, caller, id)
  await report(one, id, 7n)
  expect((await keptJob(one, caller, id)).text).toContain('"current_block":7')
  clock += 2_000
  expect((await keptJob(two, caller, id)).text).toContain('"current_block":7')
})

it('is 404 where there is none, and that is not kept', async () => {
  const one = instance()
  const id = randomUUID()
  for (let n = 0; n < 2; n++) await expect(keptJob(one, caller, id)).rejects.toMatchObject({ kind: { status: 404 } })
  expect(one.units).toHaveBeenCalledTimes(2)
})
