// Requests and answers of the audit log.
import { type Routes, readsOnly, text, timestamp, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const outcomes = ['success', 'partial', 'failed', 'denied'] as const

export const EntriesQuery = z.object({
  actor: text(400).optional(),
  action: text(100).optional(),
  object_type: text(63).optional(),
  object_id: text(500).optional(),
  outcome: z.enum(outcomes, `must be one of ${outcomes.join(', ')}`).optional(),
  start_time: timestamp.optional(),
  end_time: timestamp.optional(),
  /** For operators: the entries of this tenant alone. */
  tenant: text(63).optional(),
  limit: wholeNumber(1, 1_000).default(100),
  cursor: z.string().max(2_000, 'must have at most 2000 characters').optional(),
})
export type EntriesQuery = z.output<typeof EntriesQuery>

const MOST_SEALS = 999_999_999_999

export const VerifyQuery = z.object({
  from: wholeNumber(1, MOST_SEALS).optional(),
  to: wholeNumber(1, MOST_SEALS).optional(),
})
export type VerifyQuery = z.output<typeof VerifyQuery>

/** The recorded columns of a row, by name. */
const row = z.record(z.string(), z.unknown()).readonly().nullable()

const Entry = z
  .object({
    id: z.string(),
    at: wireInstant,
    tenant: z.string().nullable().describe('Null for what concerns no tenant, and for an erased tenant.'),
    actor: z.string().describe('The name of the caller as `/api/v1/auth/me` shows it; for a change by SQL, the login.'),
    actor_kind: z.enum(['key', 'user', 'service', 'open', 'database']),
    login: z.string().describe('The login of the session in the database.'),
    action: z.string().describe('The type of the object and the verb, such as `api_key.revoke`.'),
    object_type: z.string(),
    object_id: z.string().nullable(),
    outcome: z.enum(outcomes),
    request_id: z.string().nullable().describe('The `X-Request-Id` of the answer.'),
    address_prefix: z.string().nullable().describe('The network of the caller: the /24 or the /64.'),
    before: row.describe('The columns before an update, only those that it changed, or before a delete.'),
    after: row.describe(
      'The columns after an update, only those that it changed, or of a new row; the request of an operation.',
    ),
  })
  .meta({ title: 'AuditEntry' })

const hash = z.string().nullable()

const Broken = z.object({
  seal: z.number().describe('The number of the seal.'),
  expected: hash.describe('What the seal, or its copy in storage, says.'),
  found: hash.describe('What the rows say.'),
  detail: z.string(),
})
export type Broken = z.output<typeof Broken>

const VerifyAnswer = z
  .object({
    ok: z.boolean(),
    seals: count.describe('Seals that were checked.'),
    entries: count.describe('Entries whose hashes were computed again.'),
    unsealed: count.describe('Entries that no seal contains yet.'),
    unsealed_since: wireInstant.nullable().describe('When the oldest of them was written.'),
    first_broken: Broken.nullable(),
    copies: z.boolean().describe('True when the newest seal was compared with its copy in storage.'),
    more: z.boolean().describe('True when the time limit ended the call: ask again from `next`.'),
    next: z.number().nullable(),
  })
  .meta({ title: 'AuditVerification' })
export type VerifyAnswer = z.output<typeof VerifyAnswer>

const SealAnswer = z
  .object({
    status: z.enum(['success', 'partial']),
    sealed: count.describe('New seals.'),
    entries: count.describe('Entries that they contain.'),
    copied: count.describe('Seals that were copied to storage.'),
    more: z.boolean().describe('True when work is left, which the next run does.'),
    detail: z.string().optional().describe('Why a part of the run failed.'),
  })
  .meta({ title: 'AuditSealing' })
export type SealAnswer = z.output<typeof SealAnswer>

const path = '/api/v1/audit'
const reading = { method: 'GET', scope: 'audit:read', users: 'manager', operators: true, problems: [] } as const

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  entries: {
    ...reading,
    path,
    summary: 'List who changed what, newest first',
    query: EntriesQuery,
    answer: [{ schema: listOf(Entry), headers: ['Link'] }],
    audit: { unaudited: 'The first request of a reader in an hour is recorded as audit.read.' },
  },
  verify: {
    ...reading,
    path: `${path}/verify`,
    summary: 'Compute the hashes of the audit log again and compare them with its seals',
    query: VerifyQuery,
    answer: VerifyAnswer,
    audit: readsOnly,
  },
  seal: {
    method: 'POST',
    path: `${path}/seal`,
    scope: 'operate',
    service: true,
    summary: 'Seal the new entries of the audit log',
    answer: [{ schema: SealAnswer }, { status: 500, schema: SealAnswer, when: 'Some of it failed, the rest is done.' }],
    problems: [],
    audit: { unaudited: 'The seal is the record.', failure: 'audit.seal' },
  },
} as const satisfies Routes
