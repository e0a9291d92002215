// The settings of alerts.
import { wholeNumberSetting } from '@penstock/shared/config/config.ts'
import type { SettingsOf } from '@penstock/shared/slice/define-slice.ts'

export const settings = {
  /** Seconds after which a run evaluates no further rule. */
  ALERT_RUN_SECONDS: wholeNumberSetting(25, 1, 45),
  /** Maximum rules of one run. */
  ALERT_RUN_RULES: wholeNumberSetting(2_000, 1, 100_000),
}

/** The settings in milliseconds. */
export const configOf = (given: SettingsOf<typeof settings>) => ({
  limits: { runMs: given.ALERT_RUN_SECONDS * 1_000, rules: given.ALERT_RUN_RULES },
})
