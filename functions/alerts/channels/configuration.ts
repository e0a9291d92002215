// The secret part of a channel: where it leads, and what signs its requests. It is stored encrypted.
import { createHash } from 'node:crypto'
import type { ChannelCreate, ChannelType } from '@penstock/shared/alerts/channel-schema.ts'
import type { SecretEnvelope } from '@penstock/shared/envelope/envelope.ts'

/** The content of the column `sealed`. */
export interface ChannelConfiguration {
  readonly address?: string
  readonly url?: string
  readonly to?: string
  /** `whsec_` and the key in base64, as Standard Webhooks writes it. */
  readonly secret?: string
  /** The secret before it, which also signs until `until` (milliseconds since 1970). */
  readonly retired?: { readonly secret: string; readonly until: number }
}

/** Names the row that a sealed configuration belongs to: it cannot be opened as that of another channel or tenant. */
const contextOf = (tenantId: number, channelId: string): string =>
  `penstock notification channel\n${tenantId}\n${channelId}`

interface ChannelKey {
  readonly tenantId: number
  readonly id: string
}

export async function sealConfiguration(
  envelope: SecretEnvelope,
  { tenantId, id }: ChannelKey,
  configuration: ChannelConfiguration,
): Promise<Buffer> {
  return await envelope.seal(JSON.stringify(configuration), contextOf(tenantId, id))
}

/**
 * Decrypts the configuration of a channel.
 * @throws {Error} when the bytes were sealed for another channel, were changed, or their key is not available.
 */
export async function openConfiguration(
  envelope: SecretEnvelope,
  { tenantId, id }: ChannelKey,
  sealed: Uint8Array,
): Promise<ChannelConfiguration> {
  return JSON.parse(await envelope.open(sealed, contextOf(tenantId, id))) as ChannelConfiguration
}

/** Returns true for a type whose requests are signed. */
export const isSigned = (type: ChannelType): boolean => type === 'webhook' || type === 'sms'

/** Makes a secret of 32 bytes from two random ids, which have 122 random bits each. */
export const makeSecret = (newId: () => string): string =>
  `whsec_${createHash('sha256').update(`${newId()}${newId()}`).digest('base64')}`

/** The place that a channel leads to. */
export type Places = Partial<Pick<ChannelCreate, 'address' | 'url' | 'to'>>

/** Returns what is shown of a place: the host, and the last four characters of what only its owner knows. */
export function hintOf({ address, url, to }: Places): string {
  if (address !== undefined) return `${address.slice(0, 1)}…@${address.slice(address.lastIndexOf('@') + 1)}`
  const { host, pathname, search } = new URL(url ?? 'https://unknown')
  const secret = to ?? `${pathname}${search}`
  return secret.length > 8 ? `${host} …${secret.slice(-4)}` : host
}
