// The settings of metrics-query.
import {
  archiveConfig,
  archiveSettings,
  type CacheConfig,
  cacheConfig,
  cacheSettings,
  commonConfig,
  commonSchema,
  type DatabaseConfig,
  type EdgeConfig,
  type Environment,
  parseEnvironment,
  pointIdSettings,
} from '@penstock/shared/config/config.ts'
import { z } from 'zod'

export interface Config {
  readonly edge: EdgeConfig
  readonly database: DatabaseConfig
  /** Encrypts and signs cursors. */
  readonly cursorKey: Buffer
  /** The key of shared/points/point-id.ts. */
  readonly pointIdKey: Buffer
  readonly archive: ReturnType<typeof archiveConfig>
  readonly cache: CacheConfig
}

const Settings = commonSchema.extend({
  ...archiveSettings,
  ...cacheSettings,
  ...pointIdSettings,
  CURSOR_KEY: z.string('is needed').regex(/^([0-9a-fA-F]{2}){32,}$/, 'must be at least 32 bytes in hexadecimal'),
})

/** Reads the settings. @throws {Error} with one message that names every invalid variable, without its value. */
export function loadConfig(environment: Environment): Config {
  const settings = parseEnvironment(Settings, environment)
  const common = commonConfig(settings)
  return {
    ...common,
    cursorKey: Buffer.from(settings.CURSOR_KEY, 'hex'),
    pointIdKey: settings.POINT_ID_KEY,
    archive: archiveConfig(settings),
    cache: cacheConfig(settings, common.edge.inCloud),
  }
}
