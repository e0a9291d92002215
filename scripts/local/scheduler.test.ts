import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Outgoing } from '../cli/send.ts'
import type { Schedule } from '../deploy/schedules.ts'
import { oneAtATime, type Scheduler, type SchedulerDeps, startScheduler } from './scheduler.ts'

const schedule: Schedule = {
  function: 'partitions',
  method: 'POST',
  path: '/api/v1/monitoring/partitions/run',
  cron: '*/5 * * * *',
  time_zone: 'Etc/UTC',
  body: { dry_run: true },
  attempt_deadline_s: 1800,
  retry: { count: 2, min_backoff_s: 5, max_backoff_s: 60, max_doublings: 3 },
}

interface Sent extends Outgoing {
  readonly url: string
  readonly at: string
}

let sent: Sent[]
let shown: string[]
let statuses: number[]
let scheduler: Scheduler

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-20T12:03:59.5Z'), toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  sent = []
  shown = []
  statuses = []
  const deps: SchedulerDeps = {
    clock: Date.now,
    schedules: { partitions: schedule },
    urlOf: (name) => `http://${name}.local`,
    tokenFor: (name) => `token-for-${name}`,
    send: async (url, outgoing) => {
      sent.push({ url, ...outgoing, at: new Date().toISOString() })
      return { status: statuses.shift() ?? 200, headers: {}, body: '{}' }
    },
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        setTimeout(resolve, ms)
        signal.addEventListener('abort', () => reject(new Error('called off')))
      }),
    show: (line) => shown.push(line),
  }
  scheduler = startScheduler(deps)
})

afterEach(() => {
  scheduler.stop()
  vi.useRealTimers()
})

test('a job is called when it is due, with the headers that Cloud Scheduler sends', async () => {
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toEqual([])
  await vi.advanceTimersByTimeAsync(1_000)

  expect(sent).toHaveLength(1)
  expect(sent[0]).toMatchObject({
    url: 'http://partitions.local/api/v1/monitoring/partitions/run',
    method: 'POST',
    body: '{"dry_run":true}',
    timeoutMs: 1_800_000,
    headers: {
      authorization: 'Bearer token-for-partitions',
      'content-type': 'application/json',
      'user-agent': 'Google-Cloud-Scheduler',
      'x-cloudscheduler': 'true',
      'x-cloudscheduler-jobname': 'partitions',
      'x-cloudscheduler-scheduletime': '2026-11-20T12:05:00Z',
    },
  })
  await vi.advanceTimersByTimeAsync(600_000)
  expect(sent).toHaveLength(3)
})

test('a run that fails is retried with back-off, for the same schedule time', async () => {
  statuses = [500, 503, 200]
  await vi.advanceTimersByTimeAsync(120_000)

  expect(sent.map((one) => one.at.slice(11, 19))).toEqual(['12:05:00', '12:05:05', '12:05:15'])
  expect(new Set(sent.map((one) => one.headers?.['x-cloudscheduler-scheduletime']))).toEqual(
    new Set(['2026-11-20T12:05:00Z']),
  )
  expect(shown).toEqual(['job partitions failed: status 500 {}', 'job partitions failed: status 503 {}'])
})

test('a run that goes on failing is left after its retries, and the next is on time', async () => {
  statuses = [500, 500, 500, 200]
  await vi.advanceTimersByTimeAsync(400_000)

  expect(sent.map((one) => one.at.slice(11, 19))).toEqual(['12:05:00', '12:05:05', '12:05:15', '12:10:00'])
})

test('a job can be run at once, and what fails is thrown', async () => {
  expect(await scheduler.runOnce('partitions')).toMatchObject({ status: 200, body: '{}' })
  expect(sent[0]?.headers?.['x-cloudscheduler-scheduletime']).toBe('2026-11-20T12:03:59.500Z')
  statuses = [500]
  await expect(scheduler.runOnce('partitions')).rejects.toThrow('status 500 {}')
  await expect(scheduler.runOnce('nothing')).rejects.toThrow('there is no job nothing')
})

test('nothing is called after a stop, a retry neither', async () => {
  statuses = [500]
  await vi.advanceTimersByTimeAsync(62_000)
  expect(sent).toHaveLength(1)
  scheduler.stop()
  scheduler.stop()
  await vi.advanceTimersByTimeAsync(600_000)

  expect(sent).toHaveLength(1)
})

test('a time that falls into a run waits for its end, and of several the last is taken', async () => {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const run = oneAtATime(async (time) => {
    begun.push(time.toISOString().slice(14, 16))
    await new Promise<void>((resolve) => ends.push(resolve))
  })
  const at = (minute: string) => new Date(`2026-11-20T12:${minute}:00Z`)

  const all = [run(at('00')), run(at('05')), run(at('10'))]
  expect(begun).toEqual(['00'])
  ends.shift()?.()
  await vi.advanceTimersByTimeAsync(0)
  expect(begun).toEqual(['00', '10'])
  ends.shift()?.()
  await Promise.all(all)
  expect(begun).toEqual(['00', '10'])
})
