// The settings of backfill.
import {
  cacheConfig,
  cacheSettings,
  commonConfig,
  commonSettings,
  type Environment,
  parseEnvironment,
} from '@penstock/shared/config/config.ts'
import { z } from 'zod'

const Settings = z.object({ ...commonSettings, ...cacheSettings })

/** Reads the settings. @throws {Error} with one message that names every invalid variable, without its value. */
export function loadConfig(environment: Environment) {
  const settings = parseEnvironment(Settings, environment)
  const { edge, database } = commonConfig(settings)
  return { edge, database, cache: cacheConfig(settings, edge.inCloud) }
}
