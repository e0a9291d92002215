// The settings of this function.
import { wholeNumberSetting } from '@penstock/shared/config/config.ts'
import { jobPatience } from '@penstock/shared/jobs/scheduled.ts'
import type { SettingsOf } from '@penstock/shared/slice/define-slice.ts'

export const settings = {
  /**
   * A block's day with more points than this from before the last full hour is due; with 0 everything is due in every run. The default is 256 points of
   * each series of a full block: fewer make a chunk that is written again when it is filled.
   */
  COMPACT_MIN_POINTS: wholeNumberSetting(16_384, 0, 1_000_000),
  /** Maximum hours that points wait which arrive after their day was compacted. */
  MERGE_HOURS: wholeNumberSetting(24, 0, 720),
  /** Seconds after which a run starts nothing new. */
  COMPACTION_RUN_SECONDS: wholeNumberSetting(60, 1, 1200),
  /** Maximum seconds that a call waits for a run in progress. */
  COMPACTION_WAIT_SECONDS: wholeNumberSetting(120, 0, 1200),
}

const HOUR_MS = 3_600_000
/** A block's day with more points than this is due before its hours have ended. */
const MANY_POINTS = 20_000

/** The settings in milliseconds and points. */
export const configOf = (given: SettingsOf<typeof settings>) => ({
  waitMs: given.COMPACTION_WAIT_SECONDS * 1000,
  limits: {
    ...jobPatience,
    leaseMs: 300_000,
    minPoints: given.COMPACT_MIN_POINTS,
    manyPoints: MANY_POINTS,
    mergeMs: given.MERGE_HOURS * HOUR_MS,
    runMs: given.COMPACTION_RUN_SECONDS * 1000,
  },
})
