// The settings of backfill: those that every function has.
import { commonConfig, commonSchema, type Environment, parseEnvironment } from '@penstock/shared/config.ts'

/** @throws {Error} one message that names every bad variable, without its value. */
export function loadConfig(environment: Environment) {
  return commonConfig(parseEnvironment(commonSchema, environment))
}
