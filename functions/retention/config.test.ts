import { type Environment, parseEnvironment } from '@penstock/shared/config/config.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configOf, settings } from './config.ts'

const loadConfig = (environment: Environment) => configOf(parseEnvironment(z.object(settings), environment))

const needed = {
  ARCHIVE_BUCKET: 'archive',
}

describe('the settings', () => {
  it('have defaults for all but the bucket', () => {
    const { days, limits, waitMs } = loadConfig(needed)
    expect(days).toEqual({
      hot: 90,
      cold: 365,
      feedback: 730,
      backfill: 180,
      audit: 400,
      rollups: 1826,
      aged: {
        ALERT_EVENT_DAYS: 400,
        AUDIT_SEAL_COPY_DAYS: 800,
        AUDIT_SEAL_DAYS: 800,
        AUDIT_SEAL_PART_DAYS: 800,
        BACKUP_RUN_DAYS: 400,
        DATABASE_SAMPLE_DAYS: 7,
        DELETED_ROW_DAYS: 30,
        DEAD_LETTER_DAYS: 90,
        JOB_RUN_DAYS: 400,
        NOTIFICATION_DAYS: 90,
      },
    })
    expect([limits.runMs, waitMs]).toEqual([240_000, 60_000])
    expect(loadConfig(needed).archive).toEqual({ bucket: 'archive', endpoint: undefined })
    expect(() => loadConfig({})).toThrow('ARCHIVE_BUCKET')
  })

  it('are days and seconds', () => {
    const config = loadConfig({
      ...needed,
      HOT_DAYS: '1',
      COLD_DAYS: '36500',
      RETENTION_RUN_SECONDS: '1500',
      RETENTION_WAIT_SECONDS: '0',
    })
    expect(config.days).toMatchObject({ hot: 1, cold: 36_500 })
    expect([config.limits.runMs, config.waitMs]).toEqual([1_500_000, 0])
  })

  it('are refused together in one message when they are out of bounds', () => {
    const wrong = { ...needed, HOT_DAYS: '0', COLD_DAYS: '36501', RETENTION_RUN_SECONDS: '1501' }
    expect(() => loadConfig(wrong)).toThrow(/HOT_DAYS[^]*COLD_DAYS[^]*RETENTION_RUN_SECONDS/)
  })
})
