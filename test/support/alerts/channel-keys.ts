// The key that encrypts notification channels in tests.
import { createEnvelope, type SecretEnvelope } from '@penstock/shared/envelope/envelope.ts'
import { fileKeys } from '@penstock/shared/envelope/file-keys.ts'

/** The value of CHANNEL_KEY_FILE. */
export const channelKeyFile = `${import.meta.dirname}/channel-keys.json`

export const testEnvelope = (): SecretEnvelope => createEnvelope({ keys: fileKeys(channelKeyFile), now: Date.now })
