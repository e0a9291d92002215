// The settings of this function
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
  /** A run begins nothing new after this. */
  RUN_SECONDS: wholeNumberSetting(60, 1, 1200),
  /** How long a call waits for a run that is under way. */
  WAIT_SECONDS: wholeNumberSetting(120, 0, 1200),
  /** Invalid hours that are computed again in one transaction. */
  BATCH_HOURS: wholeNumberSetting(2_000, 100, 100_000),
})

/** This function's settings, in milliseconds and hours. @throws {Error} one message that names every bad variable. */
export function loadConfig(environment: Environment) {
  const settings = parseEnvironment(schema, environment)
  return {
    ...commonConfig(settings),
    waitMs: settings.WAIT_SECONDS * 1000,
    limits: {
      runMs: settings.RUN_SECONDS * 1000,
      batchHours: settings.BATCH_HOURS,
      // Limits of one transaction. Each takes twice the hours of the previous one while there is room, so that years of points take few.
      windowHours: 24,
      windowPoints: 1_000_000,
      // What comes later than this after its hour invalidates it: most points are not that late.
      settleMs: 120_000,
      restShare: 0.5,
      // A writer that waits for us waits this long at most; its own patience is 10 s.
      lockWaitMs: 200,
      lockPauseMs: 100,
      lockAttempts: 30,
      leaseMs: 30_000,
      pollMs: 500,
    },
  }
}
