// Users on the wire: as administrators see them, and as they see themselves.
import { brokenTextRule, roles, text, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, onWire, uuid, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const role = z.enum(roles, `must be one of ${roles.join(', ')}`)
const userStatuses = ['active', 'invited', 'suspended'] as const
const userStatus = z.enum(userStatuses, `must be one of ${userStatuses.join(', ')}`)
const subscriptionTiers = ['free', 'pro', 'power', 'white_label'] as const
const tier = z.enum(subscriptionTiers, `must be one of ${subscriptionTiers.join(', ')}`)

const EMAIL = /^[^\s@]+@[^\s@]+$/
const email = onWire(
  z.string().superRefine((value, context) => {
    const broken = brokenTextRule(value, 254, 3) ?? (EMAIL.test(value) ? undefined : 'must be an e-mail address')
    if (broken !== undefined) context.addIssue({ code: 'custom', message: broken })
  }),
  { type: 'string', format: 'email', minLength: 3, maxLength: 254 },
)

/** A user as it sees itself. */
export const Profile = z
  .object({
    id: uuid,
    email: z.string(),
    display_name: z.string().nullable(),
    role,
    subscription_tier: tier,
    created_at: wireInstant,
    last_login_at: wireInstant.nullable().describe('When a token of the user was last accepted, to the minute.'),
  })
  .meta({ title: 'Profile' })
export type Profile = z.output<typeof Profile>

export const User = Profile.extend({
  subject: z.string().describe("The `sub` of the user's tokens."),
  status: userStatus,
  updated_at: wireInstant,
}).meta({ title: 'User' })
export type User = z.output<typeof User>

export const UserPage = z
  .object({ users: listOf(User), total: count, page: count, page_size: count })
  .meta({ title: 'Users' })
export type UserPage = z.output<typeof UserPage>

export const Me = z
  .object({
    kind: z.enum(['key', 'user', 'open', 'platform', 'service']),
    name: z.string(),
    tenant: z.string().nullable(),
    user: z.string().nullable().describe('The subject of the user that the credential belongs to.'),
    role: role.nullable(),
    scopes: listOf(z.string()),
    plan: z.string().nullable(),
  })
  .meta({ title: 'Me' })
export type Me = z.output<typeof Me>

export const ProfileChange = z.object({ display_name: text(100).nullish() }).meta({ title: 'ProfileChange' })
export type ProfileChange = z.output<typeof ProfileChange>

export const NewUser = z
  .object({
    subject: text(100),
    email,
    display_name: text(100).nullish(),
    role,
    status: userStatus.nullish(),
  })
  .meta({ title: 'NewUser' })
export type NewUser = z.output<typeof NewUser>

export const UserChange = z
  .object({
    email: email.nullish(),
    display_name: text(100).nullish(),
    role: role.nullish(),
    status: userStatus.nullish(),
  })
  .meta({ title: 'UserChange' })
export type UserChange = z.output<typeof UserChange>

export const TierChange = z
  .object({ subscription_tier: tier, reason: text(500, 0).nullish() })
  .meta({ title: 'SubscriptionTierChange' })
export type TierChange = z.output<typeof TierChange>

export const UsersQuery = z.object({
  page: wholeNumber(1, 100_000).default(1),
  page_size: wholeNumber(1, 100).default(50),
})
export type UsersQuery = z.output<typeof UsersQuery>
