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
  RUN_SECONDS: wholeNumberSetting(60, 1, 1200),
  /** Maximum seconds that a call waits for a run in progress. */
  WAIT_SECONDS: wholeNumberSetting(120, 0, 1200),
  /** Invalid hours that are computed again in one transaction. */
  BATCH_HOURS: wholeNumberSetting(2_000, 100, 100_000),
})

/** Reads the settings, in milliseconds and hours. @throws {Error} with one message that names every invalid variable. */
export function loadConfig(environment: Environment) {
  const settings = parseEnvironment(schema, environment)
  return {
    ...commonConfig(settings),
    waitMs: settings.WAIT_SECONDS * 1000,
    limits: {
      runMs: settings.RUN_SECONDS * 1000,
      batchHours: settings.BATCH_HOURS,
      // Limit of one transaction. Each one takes twice the hours of the previous one while there is room, so years of points take few
      // transactions.
      windowHours: 24,
      windowPoints: 1_000_000,
      // A point that arrives later than this after its hour invalidates it; most points are not that late.
      settleMs: 120_000,
      restShare: 0.5,
      // Maximum milliseconds that a writer waits because of this job; the writer's own limit is 10 s.
      lockWaitMs: 200,
      lockPauseMs: 100,
      lockAttempts: 30,
      leaseMs: 30_000,
      pollMs: 500,
    },
  }
}
