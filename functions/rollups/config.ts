// The settings of this function.
import { wholeNumberSetting } from '@penstock/shared/config/config.ts'
import { jobPatience } from '@penstock/shared/jobs/scheduled.ts'
import type { SettingsOf } from '@penstock/shared/slice/define-slice.ts'

export const settings = {
  /** Seconds after which a run starts nothing new. */
  ROLLUPS_RUN_SECONDS: wholeNumberSetting(60, 1, 1200),
  /** Maximum seconds that a call waits for a run in progress. */
  ROLLUPS_WAIT_SECONDS: wholeNumberSetting(120, 0, 1200),
  /** Invalid hours that are computed again in one transaction. */
  ROLLUPS_BATCH_HOURS: wholeNumberSetting(2_000, 100, 100_000),
}

/** The settings in milliseconds and hours. */
export const configOf = (given: SettingsOf<typeof settings>) => ({
  waitMs: given.ROLLUPS_WAIT_SECONDS * 1000,
  limits: {
    ...jobPatience,
    runMs: given.ROLLUPS_RUN_SECONDS * 1000,
    batchHours: given.ROLLUPS_BATCH_HOURS,
    // Limit of one transaction. Each one takes twice the hours of the previous one while there is room, so years of points take few
    // transactions.
    windowHours: 24,
    windowPoints: 1_000_000,
    // Points that arrive later than this after the end of their hour make its roll-up invalid. Most points are not that late.
    settleMs: 120_000,
    restShare: 0.5,
  },
})
