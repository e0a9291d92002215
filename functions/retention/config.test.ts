import { describe, expect, it } from 'vitest'
import { loadConfig } from './config.ts'

const needed = {
  DATABASE_URL: 'postgres://penstock_retention:secret@127.0.0.1/penstock',
  ARCHIVE_BUCKET: 'archive',
}

describe('the settings', () => {
  it('have defaults for all but the database and the bucket', () => {
    const { days, limits, waitMs } = loadConfig(needed)
    expect(days).toEqual({
      hot: 90,
      cold: 365,
      feedback: 730,
      backfill: 180,
      rollups: 1826,
      deadLetters: 90,
      jobRuns: 400,
    })
    expect([limits.runMs, waitMs]).toEqual([240_000, 60_000])
    expect(loadConfig(needed).archive).toEqual({ bucket: 'archive', endpoint: undefined })
    expect(() => loadConfig({})).toThrow(/DATABASE_URL[^]*ARCHIVE_BUCKET/)
  })

  it('are days and seconds', () => {
    const config = loadConfig({ ...needed, HOT_DAYS: '1', COLD_DAYS: '36500', RUN_SECONDS: '1500', WAIT_SECONDS: '0' })
    expect(config.days).toMatchObject({ hot: 1, cold: 36_500 })
    expect([config.limits.runMs, config.waitMs]).toEqual([1_500_000, 0])
  })

  it('are refused together in one message when they are out of bounds', () => {
    const wrong = { ...needed, HOT_DAYS: '0', COLD_DAYS: '36501', RUN_SECONDS: '1501' }
    expect(() => loadConfig(wrong)).toThrow(/HOT_DAYS[^]*COLD_DAYS[^]*RUN_SECONDS/)
  })
})
