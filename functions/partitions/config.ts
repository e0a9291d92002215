// The settings of this function.
import { wholeNumberSetting } from '@penstock/shared/config/config.ts'
import { jobPatience } from '@penstock/shared/jobs/scheduled.ts'
import type { SettingsOf } from '@penstock/shared/slice/define-slice.ts'

export const settings = {
  /** Seconds after which a run starts nothing new. */
  PARTITIONS_RUN_SECONDS: wholeNumberSetting(20, 1, 1200),
  /** Maximum seconds that a call waits for a run in progress. */
  PARTITIONS_WAIT_SECONDS: wholeNumberSetting(60, 0, 1200),
}

/** The settings in milliseconds. */
export const configOf = (given: SettingsOf<typeof settings>) => ({
  waitMs: given.PARTITIONS_WAIT_SECONDS * 1000,
  limits: {
    ...jobPatience,
    runMs: given.PARTITIONS_RUN_SECONDS * 1000,
  },
})
