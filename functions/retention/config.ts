// The settings of this function.
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
  /** Days after its last instant when a month of points is archived. */
  HOT_DAYS: days(90),
  /** Days after its writing when an archive object of points is removed. */
  COLD_DAYS: days(365),
  /** Days after its last change when feedback is archived and deleted. */
  FEEDBACK_DAYS: days(730),
  /** Days after its end when a backfill job is archived and deleted. */
  BACKFILL_DAYS: days(180),
  /** Days after its last instant when a month of roll-ups is dropped. */
  ROLLUP_DAYS: days(1826),
  /** Days after its arrival when a dead letter is deleted. */
  DEAD_LETTER_DAYS: days(90),
  /** Days after its end when the record of a run is deleted. */
  JOB_RUN_DAYS: days(400),
  /** Minimum hours between two times that late points bring the same month back from the archive; with 0 every run may. */
  REOPEN_HOURS: wholeNumberSetting(24, 0, 24 * 366),
  /** Seconds after which a run starts nothing new. */
  RUN_SECONDS: wholeNumberSetting(240, 1, 1500),
  /** Maximum seconds that a call waits for a run in progress. */
  WAIT_SECONDS: wholeNumberSetting(60, 0, 1200),
})

/** Reads the settings, in days and milliseconds. @throws {Error} with one message that names every invalid variable. */
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
      // Maximum milliseconds that a writer waits because of this job; the writer's own limit is 10 s.
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
