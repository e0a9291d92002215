// The settings of this function.
import {
  commonConfig,
  commonSettings,
  type Environment,
  parseEnvironment,
  wholeNumberSetting,
} from '@penstock/shared/config/config.ts'
import { z } from 'zod'

const schema = z.object({
  ...commonSettings,
  /** Seconds after which a run starts nothing new. */
  RUN_SECONDS: wholeNumberSetting(20, 1, 1200),
  /** Maximum seconds that a call waits for a run in progress. */
  WAIT_SECONDS: wholeNumberSetting(60, 0, 1200),
  /** Points that are moved in one transaction. */
  BATCH_POINTS: wholeNumberSetting(20_000, 100, 200_000),
})

/** Reads the settings, in milliseconds and points. @throws {Error} with one message that names every invalid variable. */
export function loadConfig(environment: Environment) {
  const settings = parseEnvironment(schema, environment)
  return {
    ...commonConfig(settings),
    waitMs: settings.WAIT_SECONDS * 1000,
    limits: {
      runMs: settings.RUN_SECONDS * 1000,
      batchPoints: settings.BATCH_POINTS,
      lastPoints: 2_000,
      // Maximum milliseconds that a writer waits because of this job; the writer's own limit is 10 s.
      lockWaitMs: 200,
      lockPauseMs: 100,
      lockAttempts: 30,
      leaseMs: 30_000,
      pollMs: 500,
    },
  }
}
