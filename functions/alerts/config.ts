// The settings of alerts.
import { wholeNumberSetting } from '@penstock/shared/config/config.ts'
import { metadataHost, trustedUrl } from '@penstock/shared/config/trusted-url.ts'
import type { Platform, SettingsOf } from '@penstock/shared/slice/define-slice.ts'
import { z } from 'zod'

export const settings = {
  /** Seconds after which a run evaluates no further rule. */
  ALERT_RUN_SECONDS: wholeNumberSetting(25, 1, 45),
  /** Maximum rules of one run. */
  ALERT_RUN_RULES: wholeNumberSetting(2_000, 1, 100_000),
  /** The key of Cloud KMS that encrypts the addresses and secrets of channels. Needed in the cloud. */
  CHANNEL_KMS_KEY_NAME: z
    .string()
    .regex(
      /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/,
      'must be projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY',
    )
    .optional(),
  /** Address of Cloud KMS; Google's when absent. */
  KMS_ENDPOINT: trustedUrl.optional(),
  /** A file with the keys instead, for a suite outside the cloud. */
  CHANNEL_KEY_FILE: z.string().min(1).optional(),
  /** Address of the metadata server, from which the access tokens for Cloud KMS come. */
  GCE_METADATA_HOST: metadataHost,
  /** `smtps://user:password@host:465`, or `smtp://…:587`; without it no e-mail is sent. */
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'must be smtps://user:password@host:port, or smtp://' }).optional(),
  /** The sender of e-mails. */
  SMTP_FROM: z.email('must be an e-mail address').default('penstock@localhost.localdomain'),
  /** The page that e-mails link to. */
  ALERT_DASHBOARD_URL: z.url({ protocol: /^https?$/, error: 'must be a URL' }).optional(),
}

/** Milliseconds after the beginning of a run at which it begins no further delivery. */
const DELIVERY_MS = 35_000

/**
 * Groups the settings by the part of the slice that reads them.
 * @throws {Error} for settings that are unsafe in the cloud, and without a key for the secrets of channels.
 */
export function configOf(given: SettingsOf<typeof settings>, { inCloud }: Pick<Platform, 'inCloud'>) {
  const refuse = (name: string, why: string): never => {
    throw new Error(`invalid settings:\n  ${name}: ${why}`)
  }
  const { CHANNEL_KMS_KEY_NAME: kmsKey, CHANNEL_KEY_FILE: keyFile, SMTP_URL: smtp } = given
  if (inCloud && kmsKey === undefined) refuse('CHANNEL_KMS_KEY_NAME', 'is needed in the cloud')
  if (kmsKey === undefined && keyFile === undefined)
    refuse('CHANNEL_KEY_FILE', 'is needed where CHANNEL_KMS_KEY_NAME is absent')
  return {
    limits: { runMs: given.ALERT_RUN_SECONDS * 1_000, rules: given.ALERT_RUN_RULES, deliveryMs: DELIVERY_MS },
    keyFile: keyFile ?? '',
    kms:
      kmsKey === undefined
        ? undefined
        : { key: kmsKey, endpoint: given.KMS_ENDPOINT, metadataHost: given.GCE_METADATA_HOST },
    // A connection without TLS would show the alerts and the password to the network.
    mail: smtp === undefined ? undefined : { url: smtp, from: given.SMTP_FROM, requiresTls: inCloud },
    dashboard: given.ALERT_DASHBOARD_URL,
    // Only the functions of a suite on one machine may call that machine.
    allowsLoopback: !inCloud,
  }
}
