import { describe, expect, it } from 'vitest'
import { scheduleTimeOf } from './schedule-time.ts'

const headers = (time?: string, name?: string) => ({
  ...(time === undefined ? {} : { 'x-cloudscheduler-scheduletime': time }),
  ...(name === undefined ? {} : { 'x-cloudscheduler-jobname': name }),
})

describe('the schedule time', () => {
  it('is what Cloud Scheduler sends, in one form however it is written', () => {
    expect(scheduleTimeOf(headers('2026-11-20T17:05:00Z', 'partitions'))).toBe('2026-11-20T17:05:00.000000Z')
    expect(scheduleTimeOf(headers('2026-11-20T09:05:00-08:00', 'partitions'))).toBe('2026-11-20T17:05:00.000000Z')
  })

  it('is absent from a call by hand', () => {
    expect(scheduleTimeOf(headers())).toBeUndefined()
    expect(scheduleTimeOf(headers('2026-11-20T17:05:00Z'))).toBeUndefined()
    expect(scheduleTimeOf(headers(undefined, 'partitions'))).toBeUndefined()
  })

  it('is none when it cannot be read, so that the job runs', () => {
    expect(scheduleTimeOf(headers('soon', 'partitions'))).toBeUndefined()
  })
})
