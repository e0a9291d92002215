// Sends one leased notification by its channel.

import { logger } from '@penstock/shared/base/logger.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import { answerWithin } from '@penstock/shared/base/timeout.ts'
import { post } from '@penstock/shared/egress/post.ts'
import { NameUnresolved, resolveTarget, type TargetDeps, TargetRefused } from '@penstock/shared/egress/target.ts'
import type { SecretEnvelope } from '@penstock/shared/envelope/envelope.ts'
import { type ChannelConfiguration, openConfiguration } from '../channels/configuration.ts'
import type { Payload } from '../payload.ts'
import { mailBody, slackBody, smsBody, webhookBody } from './forms.ts'
import type { LeasedNotification } from './lease-queries.ts'
import type { Mailer } from './mail.ts'
import { failureOf, type Outcome, outcomeOf } from './outcome.ts'
import { signedHeaders } from './signature.ts'
import { wordingOf } from './wording.ts'

export interface SendDeps {
  readonly envelope: SecretEnvelope
  readonly target: TargetDeps
  readonly now: Clock
  /** Undefined where no mail server is set up. */
  readonly mailer: Mailer | undefined
  /** The address of the page that shows alerts. */
  readonly dashboard: string | undefined
}

const KEY_MS = 5_000
const POST_MS = 10_000

/** Makes one attempt. Never throws: whatever happens is an outcome. */
export async function send(deps: SendDeps, one: LeasedNotification): Promise<Outcome> {
  if (one.sealed === null || one.channel_id === null) return { kind: 'failed', error: 'The channel was deleted.' }
  if (one.channel_enabled !== true) return { kind: 'failed', error: 'The channel is switched off.' }
  const key = { tenantId: one.tenant_id, id: one.channel_id }
  let configuration: ChannelConfiguration
  try {
    configuration = await answerWithin(KEY_MS, openConfiguration(deps.envelope, key, one.sealed), 'key')
  } catch (error) {
    logger.error({ err: error, tenant_id: one.tenant_id, channel_id: one.channel_id }, 'alerts.channel_unreadable')
    return { kind: 'failed_attempt', error: 'The address of the channel cannot be decrypted now.' }
  }
  try {
    return await sendBy(deps, one, configuration)
  } catch (error) {
    if (error instanceof TargetRefused || error instanceof NameUnresolved)
      return { kind: 'failed_attempt', error: `The address of the channel ${error.message}.` }
    return failureOf(error)
  }
}

async function sendBy(deps: SendDeps, one: LeasedNotification, configuration: ChannelConfiguration): Promise<Outcome> {
  const payload = one.payload as Payload
  const channel = { id: one.channel_id ?? '', name: one.channel_name ?? '' }
  const news = wordingOf(one.kind, payload, channel.name)
  if (one.channel_type === 'email') {
    if (!deps.mailer) return { kind: 'failed_attempt', error: 'This deployment has no mail server.' }
    const mail = mailBody(news, deps.dashboard)
    return await deps.mailer.send({ ...mail, to: configuration.address ?? '', id: one.id })
  }
  const atSeconds = Math.floor(deps.now() / 1_000)
  if (one.channel_type === 'slack')
    return await call(deps, configuration, { body: slackBody(news, atSeconds), headers: { [ID_HEADER]: one.id } })
  const body =
    one.channel_type === 'sms' ? smsBody(news, configuration.to ?? '') : webhookBody(one.kind, payload, channel)
  const signed = signedHeaders(secretsOf(configuration, deps.now()), { id: one.id, timestamp: atSeconds, body })
  return await call(deps, configuration, { body, headers: { ...signed, [ID_HEADER]: one.id } })
}

const ID_HEADER = 'x-penstock-notification'

const secretsOf = ({ secret, retired }: ChannelConfiguration, now: number): readonly string[] => [
  ...(secret === undefined ? [] : [secret]),
  ...(retired !== undefined && now < retired.until ? [retired.secret] : []),
]

async function call(
  deps: SendDeps,
  { url = '' }: ChannelConfiguration,
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
): Promise<Outcome> {
  const target = await resolveTarget(deps.target, url)
  const all = { 'content-type': 'application/json', 'user-agent': 'Penstock', ...headers }
  return outcomeOf(await post(target, { headers: all, body, timeoutMs: POST_MS }))
}
