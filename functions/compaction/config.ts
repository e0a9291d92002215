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
  /** A block's day with more points than this from before the last full hour is due; with 0 everything is due in every run. */
  COMPACT_MIN_POINTS: wholeNumberSetting(2_000, 0, 1_000_000),
  /** Maximum hours that points wait which arrive after their day was compacted. */
  MERGE_HOURS: wholeNumberSetting(24, 0, 720),
  /** Seconds after which a run starts nothing new. */
  COMPACTION_RUN_SECONDS: wholeNumberSetting(60, 1, 1200),
  /** Maximum seconds that a call waits for a run in progress. */
  COMPACTION_WAIT_SECONDS: wholeNumberSetting(120, 0, 1200),
})

const HOUR_MS = 3_600_000
/** A block's day with more points than this is due before its hours have ended. */
const MANY_POINTS = 20_000

/** Reads the settings, in milliseconds and microseconds. @throws {Error} with one message that names every invalid variable. */
export function loadConfig(environment: Environment) {
  const settings = parseEnvironment(schema, environment)
  return {
    ...commonConfig(settings),
    waitMs: settings.COMPACTION_WAIT_SECONDS * 1000,
    limits: {
      minPoints: settings.COMPACT_MIN_POINTS,
      manyPoints: MANY_POINTS,
      mergeMs: settings.MERGE_HOURS * HOUR_MS,
      runMs: settings.COMPACTION_RUN_SECONDS * 1000,
      leaseMs: 300_000,
      pollMs: 500,
    },
  }
}
