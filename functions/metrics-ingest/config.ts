// Settings of both entry points, parsed once.
import {
  commonConfig,
  commonSettings,
  type Environment,
  parseEnvironment,
  wholeNumberSetting,
} from '@penstock/shared/config.ts'
import { z } from 'zod'

const Settings = z.object({
  ...commonSettings,
  /** Points before the first of January of this year are refused: devices with a reset clock say 1970 or 2000. */
  EARLIEST_YEAR: wholeNumberSetting(2010, 1970, 2100),
  /** How far ahead of our clock a point may be. */
  MAX_AHEAD_HOURS: wholeNumberSetting(24, 0, 24 * 31),
})

/** @throws {Error} naming every variable that is missing or wrong. */
export function loadConfig(environment: Environment) {
  const settings = parseEnvironment(Settings, environment)
  return {
    ...commonConfig(settings),
    limits: { earliestYear: settings.EARLIEST_YEAR, maxAheadHours: settings.MAX_AHEAD_HOURS },
  }
}
