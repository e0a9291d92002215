// Wrapping keys of Cloud KMS by its own client, over REST. The client is loaded with the first call.
import type { KeyManagementServiceClient } from '@google-cloud/kms'
import { crc32c } from '../base/crc32c.ts'
import { type RestAuthOptions, restAuth } from '../database/rest-auth.ts'
import type { WrappingKeys } from './envelope.ts'

export interface CloudKmsOptions extends Omit<RestAuthOptions, 'scope' | 'timeoutMs'> {
  /** `projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY`: its primary version wraps. */
  readonly key: string
}

type Options = NonNullable<ConstructorParameters<typeof KeyManagementServiceClient>[0]>

const SCOPE = 'https://www.googleapis.com/auth/cloudkms'
const TIMEOUT_MS = 10_000
const CALL = { timeout: TIMEOUT_MS }
const VERSION = /\/cryptoKeyVersions\/\d+$/

/**
 * Opens the key; nothing is loaded or connected before the first call. Checksums guard each request and each answer against damage on the
 * way: https://cloud.google.com/kms/docs/data-integrity-guidelines
 */
export function cloudKms(options: CloudKmsOptions): WrappingKeys {
  let opened: Promise<KeyManagementServiceClient> | undefined
  const open = async (): Promise<KeyManagementServiceClient> => await (opened ??= openClient(options))
  return {
    async wrap(dataKey, context) {
      const client = await open()
      const [answer] = await client.encrypt(
        {
          name: options.key,
          plaintext: dataKey,
          plaintextCrc32c: checksumOf(dataKey),
          additionalAuthenticatedData: context,
          additionalAuthenticatedDataCrc32c: checksumOf(context),
        },
        CALL,
      )
      const bytes = bytesOf(answer.ciphertext)
      const isWhole =
        answer.verifiedPlaintextCrc32c === true &&
        answer.verifiedAdditionalAuthenticatedDataCrc32c === true &&
        isSame(answer.ciphertextCrc32c, bytes)
      if (!isWhole || !VERSION.test(answer.name ?? '')) throw new Error('Cloud KMS answered a damaged wrapped key')
      return { keyId: answer.name ?? '', bytes }
    },
    async unwrap({ keyId, bytes }, context) {
      const client = await open()
      const [answer] = await client.decrypt(
        {
          // The service finds the version itself.
          name: keyId.replace(VERSION, ''),
          ciphertext: bytes,
          ciphertextCrc32c: checksumOf(bytes),
          additionalAuthenticatedData: context,
          additionalAuthenticatedDataCrc32c: checksumOf(context),
        },
        CALL,
      )
      const dataKey = bytesOf(answer.plaintext)
      if (!isSame(answer.plaintextCrc32c, dataKey)) throw new Error('Cloud KMS answered a damaged key')
      return dataKey
    },
  }
}

async function openClient(options: CloudKmsOptions): Promise<KeyManagementServiceClient> {
  const { KeyManagementServiceClient: Client } = await import('@google-cloud/kms')
  const auth = restAuth({ ...options, scope: SCOPE, timeoutMs: TIMEOUT_MS })
  return new Client({ fallback: true, auth } as unknown as Options)
}

/** The unsigned checksum in the form of the client, a wrapped 64-bit integer. */
const checksumOf = (bytes: Uint8Array) => ({ value: String(crc32c(bytes) >>> 0) })

const isSame = (checksum: { readonly value?: unknown } | null | undefined, bytes: Buffer): boolean =>
  checksum?.value !== undefined && Number(checksum.value) === crc32c(bytes) >>> 0

/** The client answers bytes as such, or as base64 over REST. */
const bytesOf = (value: Uint8Array | string | null | undefined): Buffer =>
  typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.from(value ?? [])
