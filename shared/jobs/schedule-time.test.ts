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

  it('is none when it cannot be read or kept, so that the job runs', () => {
    expect(scheduleTimeOf(headers('soon', 'partitions'))).toBeUndefined()
    expect(scheduleTimeOf(headers('1969-12-31T23:59:59.999999Z', 'partitions'))).toBeUndefined()
    expect(scheduleTimeOf(headers('1970-01-01T00:00:00Z', 'partitions'))).toBe('1970-01-01T00:00:00.000000Z')
    expect(scheduleTimeOf(headers('2199-12-31T23:59:59Z', 'partitions'))).toBe('2199-12-31T23:59:59.000000Z')
    expect(scheduleTimeOf(headers('2200-01-01T00:00:00Z', 'partitions'))).toBeUndefined()
    // PostgreSQL knows no year 0, and no year of five digits in this form.
    expect(scheduleTimeOf(headers('0000-01-01T00:00:00Z', 'partitions'))).toBeUndefined()
    expect(scheduleTimeOf(headers('9999-12-31T23:59:59-23:59', 'partitions'))).toBeUndefined()
  })
})
