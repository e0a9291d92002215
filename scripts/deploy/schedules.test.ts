import type { Routes } from '@penstock/shared/base/wire.ts'
import { deploymentOf } from '@penstock/shared/database/connection-budget.ts'
import { Cron } from 'croner'
import { expect, test } from 'vitest'
import { readRouteTable } from './route-table.ts'
import { backoffMs, findSchedule, schedules } from './schedules.ts'

test('every job calls a route of its function that a service account may call', async () => {
  const table = await readRouteTable('standard')
  for (const schedule of Object.values(schedules)) {
    const { method, path } = schedule
    expect(table).toContainEqual({ function: schedule.function, method, path })
    const contract = (await import(`../../functions/${schedule.function}/contract.ts`)) as { routes: Routes }
    expect(Object.values(contract.routes).find((route) => route.path === path)).toMatchObject({ service: true })
  }
})

test('every job keeps within what Cloud Scheduler and its function allow', () => {
  for (const schedule of Object.values(schedules)) {
    expect(schedule.attempt_deadline_s).toBeLessThanOrEqual(1800)
    expect(schedule.attempt_deadline_s).toBeGreaterThanOrEqual(deploymentOf(schedule.function).timeout_s)
    expect(schedule.retry.count).toBeLessThanOrEqual(5)
    expect(schedule.cron.split(' ')).toHaveLength(5)
    expect(new Cron(schedule.cron, { timezone: schedule.time_zone, paused: true }).nextRun()).toBeInstanceOf(Date)
  }
})

test("intervals between retries are those of Cloud Scheduler's own example", () => {
  const retry = { count: 5, min_backoff_s: 10, max_backoff_s: 300, max_doublings: 3 }

  expect([1, 2, 3, 4, 5, 6, 7, 8].map((n) => backoffMs(retry, n) / 1000)).toEqual([10, 20, 40, 80, 160, 240, 300, 300])
})

test('an unknown job is refused with the names of those there are', () => {
  expect(findSchedule('partitions').function).toBe('partitions')
  expect(() => findSchedule('toString')).toThrow(
    'there is no job toString; the jobs are: partitions, compaction, alerts, monitoring, audit, retention, backup-export, backup, backup-continue',
  )
})
