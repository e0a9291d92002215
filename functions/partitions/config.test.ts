import { type Environment, parseEnvironment } from '@penstock/shared/config/config.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configOf, settings } from './config.ts'

const loadConfig = (environment: Environment) => configOf(parseEnvironment(z.object(settings), environment))

describe('the settings', () => {
  it('have defaults', () => {
    const config = loadConfig({})
    expect(config.limits.runMs).toBe(20_000)
    expect(config.waitMs).toBe(60_000)
  })

  it('are seconds', () => {
    const config = loadConfig({
      PARTITIONS_RUN_SECONDS: '1',
      PARTITIONS_WAIT_SECONDS: '0',
    })
    expect(config.limits.runMs).toBe(1_000)
    expect(config.waitMs).toBe(0)
  })

  it('are refused together in one message when they are out of bounds', () => {
    const wrong = {
      PARTITIONS_RUN_SECONDS: '0',
      PARTITIONS_WAIT_SECONDS: '1201',
    }
    expect(() => loadConfig(wrong)).toThrow(/PARTITIONS_RUN_SECONDS[^]*PARTITIONS_WAIT_SECONDS/)
  })
})
