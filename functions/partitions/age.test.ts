// The gauge that says how long ago partitions were last made.
import { logger } from '@penstock/shared/base/logger.ts'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import { type PartitionsDeps, run } from './handler.ts'

const byHand = { scheduleTime: undefined, waitMs: 5_000 }

let months: Months
let deps: PartitionsDeps
beforeAll(async () => {
  months = await openMonths()
  deps = months.deps(Date.now)
})
beforeEach(async () => void (await months.db.query('delete from job_run')))
afterEach(() => void vi.restoreAllMocks())
afterAll(async () => await months.close())

/** A run that ended, or began without an end, that many seconds ago. */
async function ranBefore(seconds: number, outcome: 'success' | 'partial' | 'failed'): Promise<void> {
  await months.db.query(
    `insert into job_run (job, lease_until, started_at, finished_at, outcome)
     select 'partitions', at, at - interval '1 s', at, $2::text
     from (select clock_timestamp() - make_interval(secs => $1::float8) as at) t`,
    [seconds, outcome],
  )
}

async function ageLogged(): Promise<number[]> {
  const info = vi.spyOn(logger, 'info')
  await run(deps, byHand)
  return info.mock.calls.flatMap(([fields, event]) =>
    (event as unknown) === 'partitions.age' ? [(fields as unknown as { age_s: number }).age_s] : [],
  )
}

it('is the time since the last run that succeeded, whatever failed after it', async () => {
  await ranBefore(7_200, 'success')
  await ranBefore(4_000, 'success')
  await ranBefore(600, 'partial')
  await ranBefore(300, 'failed')

  const [age, ...more] = await ageLogged()
  expect(age).toBeGreaterThanOrEqual(4_000)
  expect(age).toBeLessThan(4_030)
  expect(more).toEqual([])
})

it('rises from the first run while none succeeds', async () => {
  await ranBefore(1_900, 'failed')
  await ranBefore(300, 'failed')

  const [age] = await ageLogged()
  expect(age).toBeGreaterThanOrEqual(1_900)
  expect(age).toBeLessThan(1_930)
})

it('is nothing when there was no run yet, and small right after a success', async () => {
  expect(await ageLogged()).toEqual([0])
  const [age] = await ageLogged()
  expect(age).toBeLessThan(30)
})
