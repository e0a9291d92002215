// Finds the checksum key with which commands make API keys.
import { checksumKeySchema, type Environment, parseEnvironment } from '@penstock/shared/config/config.ts'
import { readSecrets } from './state.ts'

/**
 * Returns the current checksum key: KEY_CHECKSUM_KEY, which the admin job gets from Secret Manager, or that of this checkout's suite.
 * @throws {Error} when there is neither, or the setting is not 32 bytes in hexadecimal.
 */
export function checksumKeyOf(environment: Environment): Buffer {
  const text = environment['KEY_CHECKSUM_KEY'] ?? readSecrets()?.key_checksum_key
  const { KEY_CHECKSUM_KEY: key } = parseEnvironment(checksumKeySchema, { KEY_CHECKSUM_KEY: text })
  if (key) return key
  throw new Error('no checksum key for new API keys: start the suite (npm start), or set KEY_CHECKSUM_KEY')
}
