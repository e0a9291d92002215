// Requests and answers of identity, and the problems that can occur.
import { conflict, notFound, type ProblemKind } from '@penstock/shared/base/problem.ts'
import { roles } from '@penstock/shared/base/roles.ts'
import { brokenTextRule, type Routes, readsOnly, text, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, onWire, uuid, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const MAX_SCOPES = 64
const MAX_DAYS = 3_650
const MAX_OVERLAP_HOURS = 168
const MAX_LABELS = 100

const role = z.enum(roles, `must be one of ${roles.join(', ')}`)
export const userStatuses = ['active', 'invited', 'suspended'] as const
const userStatus = z.enum(userStatuses, `must be one of ${userStatuses.join(', ')}`)
export const subscriptionTiers = ['free', 'pro', 'power', 'white_label'] as const
const tier = z.enum(subscriptionTiers, `must be one of ${subscriptionTiers.join(', ')}`)
const planNames = ['unlimited', 'free', 'pro', 'power', 'white_label', 'demo'] as const
const planName = z.enum(planNames, `must be one of ${planNames.join(', ')}`)
const tenantStatuses = ['active', 'suspended'] as const
const tenantStatus = z.enum(tenantStatuses, `must be one of ${tenantStatuses.join(', ')}`)

const EMAIL = /^[^\s@]+@[^\s@]+$/
const email = onWire(
  z.string().superRefine((value, context) => {
    const broken = brokenTextRule(value, 254, 3) ?? (EMAIL.test(value) ? undefined : 'must be an e-mail address')
    if (broken !== undefined) context.addIssue({ code: 'custom', message: broken })
  }),
  { type: 'string', format: 'email', minLength: 3, maxLength: 254 },
)

/** A user as it sees itself. */
const Profile = z
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

const User = Profile.extend({
  subject: z.string().describe("The `sub` of the user's tokens."),
  status: userStatus,
  updated_at: wireInstant,
}).meta({ title: 'User' })
export type User = z.output<typeof User>

const UserPage = z.object({ users: listOf(User), total: count, page: count, page_size: count }).meta({ title: 'Users' })
export type UserPage = z.output<typeof UserPage>

const Me = z
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

const UsersQuery = z.object({
  page: wholeNumber(1, 100_000).default(1),
  page_size: wholeNumber(1, 100).default(50),
})
export type UsersQuery = z.output<typeof UsersQuery>

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

const KeysQuery = z.object({
  all: z.enum(['true', 'false'], 'must be true or false').optional(),
  limit: wholeNumber(1, 1_000).default(1_000),
  offset: wholeNumber(0, 1_000_000).default(0),
})
export type KeysQuery = z.output<typeof KeysQuery>

const Key = z
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

const MadeKey = Key.extend({ key: z.string().describe('The whole key. It is shown once.') }).meta({
  title: 'MadeApiKey',
})
export type MadeKey = z.output<typeof MadeKey>

const Message = z.object({ message: z.string() }).meta({ title: 'Message' })
export type Message = z.output<typeof Message>

const ignoredLabels = z.array(text(100)).max(MAX_LABELS, `must have at most ${MAX_LABELS} labels`)
const seriesLimit = z.int().min(0, 'must be at least 0').max(10_000_000, 'must be at most 10000000')

export const NewTenant = z
  .object({
    name: onWire(z.string().regex(/^[a-z0-9-]{1,63}$/, 'must have 1 to 63 characters of a-z, 0-9 and -'), {
      type: 'string',
      pattern: '^[a-z0-9-]{1,63}$',
    }),
    plan: planName.nullish(),
    series_limit: seriesLimit.nullish(),
    ignored_labels: ignoredLabels.nullish(),
  })
  .meta({ title: 'NewTenant' })
export type NewTenant = z.output<typeof NewTenant>

export const TenantChange = z
  .object({
    plan: planName.nullish(),
    status: tenantStatus.nullish(),
    series_limit: seriesLimit.nullish(),
    ignored_labels: ignoredLabels.nullish(),
  })
  .meta({ title: 'TenantChange' })
export type TenantChange = z.output<typeof TenantChange>

const TenantsQuery = z.object({ after: text(63, 0).default(''), limit: wholeNumber(1, 1_000).default(100) })
export type TenantsQuery = z.output<typeof TenantsQuery>

const TenantEntry = z
  .object({
    name: z.string(),
    status: tenantStatus,
    plan: z.string(),
    series_limit: count,
    series: count,
    ignored_labels: listOf(z.string()),
    created_at: wireInstant,
  })
  .meta({ title: 'Tenant' })
export type TenantEntry = z.output<typeof TenantEntry>

const TenantPage = z
  .object({
    tenants: listOf(TenantEntry),
    next: z.string().nullable().describe('The value of `after` for the next page; null on the last one.'),
  })
  .meta({ title: 'Tenants' })
export type TenantPage = z.output<typeof TenantPage>

export const lastAdmin: ProblemKind = { slug: 'last-admin', status: 409, title: 'The tenant needs an active admin' }
export const tooManyKeys: ProblemKind = { slug: 'too-many-keys', status: 400, title: 'The user has too many keys' }

const auth = '/api/v1/auth'
const users = `${auth}/users`
const ofUser = `${users}/{id}` as const
const keys = `${auth}/api-keys`
const ofKey = `${keys}/{id}` as const
const tenants = '/api/v1/tenants'

const readUsers = { scope: 'users:read', users: 'manager' } as const
const writeUsers = { scope: 'users:write', users: 'admin' } as const
/** One's own keys need no scope, and those of others do. */
const writeKeys = { scope: 'tenant', widerScope: 'keys:write', users: 'admin' } as const

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  me: {
    method: 'GET',
    path: `${auth}/me`,
    scope: 'any',
    summary: 'Read what the credential is',
    answer: Me,
    problems: [],
    audit: readsOnly,
  },
  profile: {
    method: 'GET',
    path: `${auth}/profile`,
    scope: 'tenant',
    summary: "Read the user's own profile",
    answer: Profile,
    problems: [notFound],
    audit: readsOnly,
  },
  changeProfile: {
    method: 'PATCH',
    path: `${auth}/profile`,
    scope: 'tenant',
    summary: "Change the user's own name",
    body: ProfileChange,
    answer: Profile,
    problems: [notFound],
    audit: 'user.update',
  },
  users: {
    ...readUsers,
    method: 'GET',
    path: users,
    summary: 'List users, newest first',
    query: UsersQuery,
    answer: UserPage,
    problems: [],
    audit: readsOnly,
  },
  createUser: {
    ...writeUsers,
    method: 'POST',
    path: users,
    summary: 'Register a user',
    body: NewUser,
    answer: [{ status: 201, schema: User }],
    problems: [conflict],
    audit: 'user.create',
  },
  user: {
    ...readUsers,
    method: 'GET',
    path: ofUser,
    summary: 'Read one user',
    answer: User,
    problems: [notFound],
    audit: readsOnly,
  },
  changeUser: {
    ...writeUsers,
    method: 'PATCH',
    path: ofUser,
    summary: "Change a user's role, status or names",
    body: UserChange,
    answer: User,
    problems: [notFound, conflict, lastAdmin],
    audit: 'user.update',
  },
  changeTier: {
    ...writeUsers,
    method: 'PATCH',
    path: `${ofUser}/subscription-tier`,
    summary: "Change a user's subscription tier",
    body: TierChange,
    answer: Profile,
    problems: [notFound],
    audit: 'user.update',
  },
  removeUser: {
    ...writeUsers,
    method: 'DELETE',
    path: ofUser,
    summary: 'Remove a user and its keys',
    answer: [{ status: 204 }],
    problems: [notFound, lastAdmin],
    audit: 'user.delete',
  },
  keys: {
    method: 'GET',
    path: keys,
    scope: 'tenant',
    widerScope: 'keys:read',
    users: 'admin',
    summary:
      "List API keys without their secrets: one's own, or with `all=true` and the scope keys:read all of the tenant",
    query: KeysQuery,
    answer: listOf(Key),
    problems: [],
    audit: readsOnly,
  },
  createKey: {
    ...writeKeys,
    method: 'POST',
    path: keys,
    summary: 'Make an API key, which is shown once',
    body: NewKey,
    answer: [{ status: 201, schema: MadeKey }],
    problems: [tooManyKeys],
    audit: 'api_key.create',
  },
  rotateKey: {
    ...writeKeys,
    method: 'POST',
    path: `${ofKey}/rotate`,
    summary: 'Make a new API key in place of another one, which expires after the overlap',
    body: Rotation,
    answer: [{ status: 201, schema: MadeKey }],
    problems: [notFound, conflict, tooManyKeys],
    audit: 'api_key.rotate',
  },
  revokeKey: {
    ...writeKeys,
    method: 'DELETE',
    path: ofKey,
    summary: 'Revoke an API key',
    answer: Message,
    problems: [notFound],
    audit: 'api_key.revoke',
  },
  tenants: {
    method: 'GET',
    path: tenants,
    scope: 'admin',
    summary: 'List tenants by name',
    query: TenantsQuery,
    answer: TenantPage,
    problems: [],
    audit: readsOnly,
  },
  createTenant: {
    method: 'POST',
    path: tenants,
    scope: 'admin',
    summary: 'Make a tenant',
    body: NewTenant,
    answer: [{ status: 201, schema: TenantEntry }],
    problems: [conflict],
    audit: 'tenant.create',
  },
  changeTenant: {
    method: 'PATCH',
    path: `${tenants}/{name}`,
    scope: 'admin',
    summary: "Change a tenant's plan, status or limits",
    body: TenantChange,
    answer: TenantEntry,
    problems: [notFound],
    audit: 'tenant.update',
  },
} as const satisfies Routes
