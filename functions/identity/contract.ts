// The routes of identity, and the problems that can occur. The requests and answers are in the other contracts of this folder.
import { conflict, notFound, type ProblemKind } from '@penstock/shared/base/problem.ts'
import { type Routes, readsOnly } from '@penstock/shared/base/wire.ts'
import { listOf } from '@penstock/shared/base/wire-schema.ts'
import { Demo, demoFull } from './demo-contract.ts'
import { Key, KeysQuery, MadeKey, Message, NewKey, Rotation } from './key-contract.ts'
import { NewTenant, TenantChange, TenantEntry, TenantPage, TenantsQuery } from './tenant-contract.ts'
import { Limits, UsageAnswer, UsageQuery } from './usage-contract.ts'
import {
  Me,
  NewUser,
  Profile,
  ProfileChange,
  TierChange,
  User,
  UserChange,
  UserPage,
  UsersQuery,
} from './user-contract.ts'

export const lastAdmin: ProblemKind = { slug: 'last-admin', status: 409, title: 'The tenant needs an active admin' }
export const tooManyKeys: ProblemKind = { slug: 'too-many-keys', status: 400, title: 'The user has too many keys' }

const auth = '/api/v1/auth'
const users = `${auth}/users`
const ofUser = `${users}/{id}` as const
const keys = `${auth}/api-keys`
const ofKey = `${keys}/{id}` as const
const tenants = '/api/v1/tenants'
const usage = '/api/v1/usage'

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
    uncounted: true,
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
  limits: {
    method: 'GET',
    path: `${usage}/limits`,
    scope: 'tenant',
    uncounted: true,
    summary: "Read the limits of the tenant's plan, and what is used of them",
    answer: Limits,
    problems: [notFound],
    audit: readsOnly,
  },
  usage: {
    method: 'GET',
    path: usage,
    scope: 'usage:read',
    users: 'manager',
    summary: 'Read what the tenant used by day, and what it has stored',
    query: UsageQuery,
    answer: UsageAnswer,
    problems: [],
    audit: readsOnly,
  },
  demo: {
    method: 'POST',
    path: '/api/v1/demo',
    scope: 'none',
    summary: 'Make a demonstration tenant for a day, with a key and something to look at',
    answer: [{ status: 201, schema: Demo }],
    problems: [notFound, demoFull],
    audit: { unaudited: 'The tenant itself is the record, and nobody is known who made it.' },
  },
} as const satisfies Routes
