import { describe, expect, it } from 'vitest'
import { loadConfig } from './config.ts'

const needed = { DATABASE_URL: 'postgres://penstock_partitions:secret@127.0.0.1/penstock' }

describe('the settings', () => {
  it('have defaults for all but the database', () => {
    const config = loadConfig(needed)
    expect(config.limits.runMs).toBe(20_000)
    expect(config.limits.batchPoints).toBe(20_000)
    expect(config.waitMs).toBe(60_000)
    expect(() => loadConfig({})).toThrow('DATABASE_URL')
  })

  it('are seconds and points', () => {
    const config = loadConfig({ ...needed, RUN_SECONDS: '1', WAIT_SECONDS: '0', BATCH_POINTS: '100' })
    expect(config.limits.runMs).toBe(1_000)
    expect(config.waitMs).toBe(0)
    expect(config.limits.batchPoints).toBe(100)
  })

  it('are refused together in one message when they are out of bounds', () => {
    const wrong = { ...needed, RUN_SECONDS: '0', WAIT_SECONDS: '1201', BATCH_POINTS: '99' }
    expect(() => loadConfig(wrong)).toThrow(/RUN_SECONDS[^]*WAIT_SECONDS[^]*BATCH_POINTS/)
  })
})
