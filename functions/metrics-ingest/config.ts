// Settings of both entry points, parsed once.
import {
  commonConfig,
  commonSettings,
  type Environment,
  parseEnvironment,
  pointIdSettings,
  timeLimitSettings,
  timeLimits,
} from '@penstock/shared/config/config.ts'
import { z } from 'zod'

const Settings = z.object({ ...commonSettings, ...timeLimitSettings, ...pointIdSettings })

/** Reads the settings. @throws {Error} naming every variable that is missing or invalid. */
export function loadConfig(environment: Environment) {
  const settings = parseEnvironment(Settings, environment)
  return { ...commonConfig(settings), limits: timeLimits(settings), pointIdKey: settings.POINT_ID_KEY }
}
