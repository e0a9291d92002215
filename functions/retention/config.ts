// The settings of this function
import {
  archiveConfig,
  archiveSettings,
  commonConfig,
  commonSettings,
  type Environment,
  parseEnvironment,
  wholeNumberSetting,
} from '@penstock/shared/config/config.ts'
import { z } from 'zod'

const MOST_DAYS = 36_500
const days = (fallback: number) => wholeNumberSetting(fallback, 1, MOST_DAYS)

const schema = z.object({
  ...commonSettings,
  ...archiveSettings,
  /** A month of points is archived when its last instant is so old. */
  HOT_DAYS: days(90),
  /** An archive object of points is removed when it was written so long ago. */
  COLD_DAYS: days(365),
  /** Feedback that was not changed for so long is archived and deleted. */
  FEEDBACK_DAYS: days(730),
  /** A backfill job that ended so long ago is archived and deleted. */
  BACKFILL_DAYS: days(180),
  /** A month of roll-ups is dropped when its last instant is so old. */
  ROLLUP_DAYS: days(1826),
  /** A dead letter that came so long ago is deleted. */
  DEAD_LETTER_DAYS: days(90),
  /** The record of a run that ended so long ago is deleted. */
  JOB_RUN_DAYS: days(400),
  /** Late points bring an archived month back at most so often; 0: each run may. */
  REOPEN_HOURS: wholeNumberSetting(24, 0, 24 * 366),
  /** A run begins nothing new after this. */
  RUN_SECONDS: wholeNumberSetting(240, 1, 1500),
  /** How long a call waits for a run that is under way. */
  WAIT_SECONDS: wholeNumberSetting(60, 0, 1200),
})

/** This function's settings, in days and milliseconds. @throws {Error} one message that names every bad variable. */
export function loadConfig(environment: Environment) {
  const settings = parseEnvironment(schema, environment)
  return {
    ...commonConfig(settings),
    archive: archiveConfig(settings),
    waitMs: settings.WAIT_SECONDS * 1000,
    days: {
      hot: settings.HOT_DAYS,
      cold: settings.COLD_DAYS,
      feedback: settings.FEEDBACK_DAYS,
      backfill: settings.BACKFILL_DAYS,
      rollups: settings.ROLLUP_DAYS,
      deadLetters: settings.DEAD_LETTER_DAYS,
      jobRuns: settings.JOB_RUN_DAYS,
    },
    limits: {
      runMs: settings.RUN_SECONDS * 1000,
      batchRows: 5_000,
      objectRows: 20_000,
      deleteRows: 500,
      piecePoints: 150_000,
      loggedPoints: 500_000,
      manyPoints: 20_000,
      snapshotMs: 30_000,
      readMs: 900_000,
      blockBytes: 8 * 1024 * 1024,
      batchPoints: 20_000,
      batchHours: 5_000,
      lastPoints: 2_000,
      // A writer that waits for us waits this long at most; its own patience is 10 s.
      lockWaitMs: 200,
      lockPauseMs: 100,
      lockAttempts: 30,
      readerWaitMs: 60_000,
      reopenEveryMs: settings.REOPEN_HOURS * 3_600_000,
      comparedPoints: 50_000,
      leaseMs: 30_000,
      pollMs: 500,
    },
  }
}
