// API keys on the wire.
import { text, wholeNumber } from '@penstock/shared/base/wire.ts'
import { listOf, uuid, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const MAX_SCOPES = 64
const MAX_DAYS = 3_650
const MAX_OVERLAP_HOURS = 168

export const NewKey = z
  .object({
    name: text(100),
    scopes: z
      .array(text(100))
      .max(MAX_SCOPES, `must have at most ${MAX_SCOPES} scopes`)
      .nullish()
      .transform((scopes) => [...new Set(scopes ?? [])])
      .describe('Scopes that are not known are stored and answered, and allow nothing.'),
    expires_in_days: z.int().min(1, 'must be at least 1').max(MAX_DAYS, `must be at most ${MAX_DAYS}`).nullish(),
  })
  .meta({ title: 'NewApiKey' })
export type NewKey = z.output<typeof NewKey>

export const Rotation = z
  .object({
    overlap_hours: z
      .int()
      .min(0, 'must be at least 0')
      .max(MAX_OVERLAP_HOURS, `must be at most ${MAX_OVERLAP_HOURS}`)
      .nullish()
      .transform((hours) => hours ?? 24)
      .describe('How long the old key stays valid; by default 24 hours.'),
  })
  .meta({ title: 'ApiKeyRotation' })
export type Rotation = z.output<typeof Rotation>

export const KeysQuery = z.object({
  all: z.enum(['true', 'false'], 'must be true or false').optional(),
  limit: wholeNumber(1, 1_000).default(1_000),
  offset: wholeNumber(0, 1_000_000).default(0),
})
export type KeysQuery = z.output<typeof KeysQuery>

export const Key = z
  .object({
    id: uuid,
    key_prefix: z.string().describe('The first eight characters of the key.'),
    name: z.string(),
    scopes: listOf(z.string()),
    user: z.string().nullable().describe('The subject of its user; null for a key of the tenant itself.'),
    created_at: wireInstant,
    expires_at: wireInstant.nullable(),
    last_used_at: wireInstant.nullable(),
  })
  .meta({ title: 'ApiKey' })
export type Key = z.output<typeof Key>

export const MadeKey = Key.extend({ key: z.string().describe('The whole key. It is shown once.') }).meta({
  title: 'MadeApiKey',
})
export type MadeKey = z.output<typeof MadeKey>

export const Message = z.object({ message: z.string() }).meta({ title: 'Message' })
export type Message = z.output<typeof Message>
