// Notification channels and notifications on the wire.
import { z } from 'zod'
import { text } from '../base/wire.ts'
import { count, listOf, onWire, uuid, wireInstant } from '../base/wire-schema.ts'
import { channelTypes } from './rule-schema.ts'

const MAX_NAME = 100
const MAX_ADDRESS = 254
const MAX_URL = 2_000

const name = text(MAX_NAME)

const address = onWire(
  z.email('must be an e-mail address').max(MAX_ADDRESS, `must have at most ${MAX_ADDRESS} characters`),
  { type: 'string', format: 'email', maxLength: MAX_ADDRESS },
)

/** The handler checks where it leads. */
const url = text(MAX_URL)

const to = onWire(
  z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a telephone number in international form, such as +15555550100'),
  { type: 'string', pattern: '^\\+[1-9]\\d{6,14}$' },
)

const orAbsent = <T extends z.ZodType>(field: T) => field.nullish().transform((sent) => sent ?? undefined)

const places = { address: orAbsent(address), url: orAbsent(url), to: orAbsent(to) }

export type ChannelType = (typeof channelTypes)[number]

/** The fields that say where a channel of each type leads. */
const placesOf: Readonly<Record<ChannelType, readonly (keyof typeof places)[]>> = {
  email: ['address'],
  slack: ['url'],
  sms: ['url', 'to'],
  webhook: ['url'],
}

/** Returns the fields that a channel of this type does not have, and with `isNew` those that it lacks, each with the reason. */
export function brokenPlaces(
  type: ChannelType,
  sent: Readonly<Partial<Record<keyof typeof places, string | undefined>>>,
  isNew: boolean,
): readonly { readonly field: string; readonly message: string }[] {
  const wanted = placesOf[type]
  return (['address', 'url', 'to'] as const).flatMap((field) => {
    const isGiven = sent[field] !== undefined
    if (wanted.includes(field))
      return isNew && !isGiven ? [{ field, message: `is needed for a channel of the type ${type}` }] : []
    return isGiven ? [{ field, message: `must be absent for a channel of the type ${type}` }] : []
  })
}

/** A new channel. */
export const ChannelCreate = z
  .object({ type: z.enum(channelTypes, `must be one of ${channelTypes.join(', ')}`), name, ...places })
  .superRefine((channel, context) => {
    for (const { field, message } of brokenPlaces(channel.type, channel, true))
      context.addIssue({ code: 'custom', path: [field], message })
  })
  .meta({ title: 'NotificationChannelCreate' })
export type ChannelCreate = z.output<typeof ChannelCreate>

/** The changed fields of a channel. Null counts as not sent. */
export const ChannelChange = z
  .object({
    name: orAbsent(name),
    enabled: orAbsent(z.boolean()),
    ...places,
    rotate_secret: orAbsent(z.boolean()),
  })
  .meta({ title: 'NotificationChannelChange' })
export type ChannelChange = z.output<typeof ChannelChange>

const channel = {
  id: uuid,
  type: z.enum(channelTypes),
  name: z.string(),
  enabled: z.boolean(),
  hint: z
    .string()
    .describe('The host and the last four characters of the address; the address itself is not answered.'),
  last_error: z.string().nullable().describe('Why a receiver switched it off; null when none did.'),
  created_by: uuid,
  created_at: wireInstant,
  updated_at: wireInstant,
  version: count.describe('Increases with every change; used as the ETag.'),
}

export const Channel = z.object(channel).meta({ title: 'NotificationChannel' })
export type Channel = z.output<typeof Channel>

/** A channel with its new secret, which is answered once. */
export const ChannelWithSecret = z
  .object({
    ...channel,
    secret: z
      .string()
      .optional()
      .describe(
        'Signs the requests to a webhook or an SMS provider. It is answered only when it was made with this request.',
      ),
  })
  .meta({ title: 'NotificationChannelWithSecret' })
export type ChannelWithSecret = z.output<typeof ChannelWithSecret>

export const ChannelList = z.object({ channels: listOf(Channel) }).meta({ title: 'NotificationChannelList' })
export type ChannelList = z.output<typeof ChannelList>

export const ChannelTest = z
  .object({ notification_id: uuid.describe('The id of the notification, which the next run of the evaluation sends.') })
  .meta({ title: 'NotificationChannelTest' })
export type ChannelTest = z.output<typeof ChannelTest>

export const notificationStates = ['pending', 'leased', 'sent', 'failed'] as const

const Notification = z
  .object({
    id: uuid.describe('The id that a receiver gets with each attempt.'),
    event_id: uuid.nullable(),
    kind: z.enum(['triggered', 'resolved', 'repeated', 'flapping', 'test']),
    channel_id: uuid.nullable().describe('Null when the channel was deleted.'),
    channel_type: z.enum(channelTypes),
    state: z.enum(notificationStates).describe('`leased` while an attempt is being made.'),
    attempts: count,
    created_at: wireInstant,
    next_attempt_at: wireInstant.nullable().describe('Null when no attempt will follow.'),
    sent_at: wireInstant.nullable(),
    last_error: z.string().nullable(),
  })
  .meta({ title: 'AlertNotification' })
export type Notification = z.output<typeof Notification>

export const NotificationList = z
  .object({ notifications: listOf(Notification), total: count })
  .meta({ title: 'AlertNotificationList' })
export type NotificationList = z.output<typeof NotificationList>
