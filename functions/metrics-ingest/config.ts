// Settings of both entry points, parsed once.
import {
  commonConfig,
  commonSettings,
  type Environment,
  parseEnvironment,
  timeLimitSettings,
  timeLimits,
} from '@penstock/shared/config.ts'
import { z } from 'zod'

const Settings = z.object({ ...commonSettings, ...timeLimitSettings })

/** @throws {Error} naming every variable that is missing or wrong. */
export function loadConfig(environment: Environment) {
  const settings = parseEnvironment(Settings, environment)
  return { ...commonConfig(settings), limits: timeLimits(settings) }
}
