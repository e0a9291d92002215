// Definitions that all contracts share: text that PostgreSQL can store, timestamps, and routes as data.
import { z } from 'zod'
import type { ProblemKind } from './problem.ts'
import type { tenantScopes } from './scopes.ts'
import { parseTimestamp } from './time.ts'
import { onWire } from './wire-schema.ts'

/** Scopes of a platform key, which belongs to no tenant. */
export const platformScopes = ['operate', 'admin'] as const

/** Roles of users, from the least to the greatest: each may do what the roles before it may. */
export const roles = ['viewer', 'operator', 'owner', 'manager', 'admin'] as const
export type Role = (typeof roles)[number]

export type TenantScope = (typeof tenantScopes)[number]
export type PlatformScope = (typeof platformScopes)[number]
export type Scope = TenantScope | PlatformScope
/** `any`: any valid credential, whatever its scopes are. `tenant`: any of a tenant. The handler decides the rest. */
export type RouteScope = Scope | 'any' | 'tenant'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * The part of a route that the front needs. The functions, the local gateway and Terraform's route table read it. The front gives every GET
 * an ETag, 304 and HEAD.
 */
export interface Route {
  readonly method: Method
  /** The whole path. A segment in braces is a parameter: `/api/v1/monitoring/backfill/{job_id}`. */
  readonly path: string
  /** `none`: no credential is needed, and each address has a limit. */
  readonly scope: RouteScope | 'none'
  /** The least role of a user that has the scope; `true`: every user. Default: `operator`. All routes of one scope agree on it. */
  readonly users?: true | Role
  /** For a route with the scope `tenant`: with this scope the caller may do more, as the handler decides. `users` is then its role. */
  readonly widerScope?: TenantScope
  /** It does not count against the tenant's limit of requests. */
  readonly uncounted?: true
  /** A Google service account (OIDC) may call it too, such as the Scheduler or a Pub/Sub subscription. */
  readonly service?: true
  /** Schema of the query string as an object of strings. When absent, the query string is ignored. */
  readonly query?: z.ZodType
  /** Schema of the JSON body. When absent on a POST, PUT or PATCH, the handler gets the bytes and parses them itself. A DELETE has no body. */
  readonly body?: z.ZodType
  /** The handler reads the bytes itself. The schema `body` describes them, and the API's documents show it. */
  readonly readsBytes?: true
  /** Whole numbers of the body that a double cannot hold are given to the schema as bigint. */
  readonly exact?: true
  /** Accepted content types. The default is `application/json` for a route with a body schema, and any type for others. */
  readonly accepts?: readonly string[]
  /** The body is a snappy block, whether the request says so or not. When absent, the body may be gzipped. */
  readonly encoding?: 'snappy'
  /** A platform key with the scope `operate` may call it too, for the rows of every tenant. */
  readonly operators?: true
  /** The entries in the audit log. Operations of operators are recorded by the front, everything else by triggers. */
  readonly audit?: RouteAudit
  /**
   * Maximum bytes of the body, both compressed and decompressed. The default is `ENTRY_BYTES`, which is more than one entry of any schema
   * needs.
   */
  readonly maxBytes?: number
}

/** Maximum bytes of a body with one entry. The largest legal entry, with every character escaped, has half of it. */
export const ENTRY_BYTES = 64 * 1024
/** Maximum bytes of a body with a list of entries. */
export const LIST_BYTES = 32 * 1024 * 1024

/** Routes as the front takes them. */
export type FrontRoutes = Readonly<Record<string, Route>>

/** One form of a route's answer. */
export interface AnswerForm {
  /** Status code. Default: 200. */
  readonly status?: number
  /** Default `application/json` where there is a schema; without either there is no body. */
  readonly type?: string
  /** Schema of a JSON body. A body of another type is opaque. */
  readonly schema?: z.ZodType
  /** Headers that a client may rely on, in addition to the ETag of a GET. */
  readonly headers?: readonly AnswerHeader[]
  /** The condition under which a route gives this answer, as a sentence for the API reference. */
  readonly when?: string
}

export type AnswerHeader = 'ETag' | 'Link' | 'Penstock-Ignored' | 'Penstock-Source' | 'Preference-Applied'

/** A request header that only some routes read. */
export type RequestHeader = 'Idempotency-Key' | 'If-Match' | 'Prefer'

/** The actions of entries that a route leaves in the audit log, such as `alert_rule.create`; or why it leaves none. */
export type RouteAudit = string | readonly string[] | Unaudited

/** The reason why a route, or the rows of a table, leave no entry in the audit log. */
export interface Unaudited {
  readonly unaudited: string
  /** The action that is recorded nevertheless when the route fails. */
  readonly failure?: string
}

/** Returns true for a route without entries of its own. */
export const isUnaudited = (audit: RouteAudit | undefined): audit is Unaudited =>
  typeof audit === 'object' && !Array.isArray(audit)

/** A route that needs no audit entry because it changes nothing. */
export const readsOnly: Unaudited = { unaudited: 'It changes nothing.' }
/** A route that needs no audit entry because the points themselves are the record. */
export const recordsPoints: Unaudited = { unaudited: 'The stored points are the record of what was sent.' }

/** A route of a contract: the whole truth about it, from which the API document, its clients and the checks of answers are made. */
export interface DocumentedRoute extends Route {
  /** The purpose, in one line of the reference. */
  readonly summary: string
  /** The route's answers. A schema alone means that 200 with that JSON body is the only one. */
  readonly answer: z.ZodType | readonly AnswerForm[]
  /** Kinds of problems that this route can answer, in addition to those that the front can answer for every such route. */
  readonly problems: readonly ProblemKind[]
  /** The entries in the audit log. */
  readonly audit: RouteAudit
  readonly reads?: readonly RequestHeader[]
  /** A third-party protocol's own shape of failures, answered instead of problems. */
  readonly failures?: readonly AnswerForm[]
  /** The JSON body for the API document where the front does not validate it: the handler gives verdicts of its own, or it may be left out. */
  readonly documentedBody?: { readonly schema: z.ZodType; readonly optional?: true }
}

export type Routes = Readonly<Record<string, DocumentedRoute>>

/** The forms of a route's answer. */
export const formsOf = ({ answer }: Pick<DocumentedRoute, 'answer'>): readonly AnswerForm[] =>
  'length' in answer ? answer : [{ schema: answer as z.ZodType }]

/**
 * Schema of text with `min` to `max` code points that PostgreSQL can store: without NUL and lone surrogates. The messages name the rule;
 * the error's pointer names the field.
 */
export const text = (max: number, min = 1) =>
  onWire(
    z.string().superRefine((value, context) => {
      const broken = brokenTextRule(value, max, min)
      if (broken !== undefined) context.addIssue({ code: 'custom', message: broken })
    }),
    { type: 'string', ...(min > 0 ? { minLength: min } : {}), maxLength: max },
  )

/** Returns the rule of `text(max, min)` that a value breaks, as a sentence; undefined when it breaks none. */
export function brokenTextRule(value: string, max: number, min = 1): string | undefined {
  if (value.length < min) return min === 1 ? 'must not be empty' : `must have at least ${min} characters`
  // A code point has at most two code units, so most of the long texts need no counting.
  if (value.length > 2 * max || (value.length > max && codePoints(value) > max))
    return `must have at most ${max} characters`
  return unstorable(value)
}

/** Returns the reason why PostgreSQL cannot store this text, as a sentence; undefined when it can. */
export function unstorable(value: string): string | undefined {
  if (value.includes('\0')) return 'must not contain NUL'
  if (!value.isWellFormed()) return 'must not contain a lone surrogate'
  return undefined
}

function codePoints(value: string): number {
  let count = 0
  for (const _ of value) count++
  return count
}

/** Schema of an RFC 3339 timestamp with `Z`, an offset, or neither (UTC), parsed to microseconds since 1970. */
export const timestamp = onWire(
  z.string().transform((value, context) => {
    const us = parseTimestamp(value)
    if (us === undefined) {
      const message = 'must be an RFC 3339 timestamp, such as 2026-11-20T17:09:01.123456Z'
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    return us
  }),
  { type: 'string', format: 'date-time' },
)

/** Restores the `+` of an offset that was not escaped in the URL and arrives as a space. No other timestamp ends that way. */
const withPlus = (sent: string): string => sent.replace(/ (\d\d:?\d\d)$/, '+$1')

const DATE_TIME = { type: 'string', format: 'date-time' }

/** Schema of a timestamp in a query string. */
export const queryTimestamp = onWire(z.string().transform(withPlus).pipe(timestamp), DATE_TIME)

/** Schema of a timestamp in a query string, together with the text that was sent. */
export const sentTimestamp = onWire(
  z.string().transform((sent, context) => {
    const result = queryTimestamp.safeParse(sent)
    if (result.success) return { at: result.data, sent: withPlus(sent) }
    for (const issue of result.error.issues) context.addIssue({ code: 'custom', message: issue.message })
    return z.NEVER
  }),
  DATE_TIME,
)

/** Schema of a whole number in a query string. */
export const wholeNumber = (min: number, max: number) =>
  onWire(
    z
      .string()
      .regex(/^-?\d{1,15}$/, `must be a whole number from ${min} to ${max}`)
      .transform(Number)
      .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`)),
    { type: 'integer', minimum: min, maximum: max },
  )

/** Returns the message for a value of the wrong type: pass it as zod's `error`. Rules with a message of their own keep that message. */
export function wrongType(issue: {
  readonly code: string
  readonly input?: unknown
  readonly expected?: unknown
}): string | undefined {
  if (issue.code !== 'invalid_type') return undefined
  if (issue.input === undefined) return 'is missing'
  return `must be ${withArticle(String(issue.expected))}, not ${nameOf(issue.input)}`
}

function nameOf(input: unknown): string {
  if (input === null) return 'null'
  if (typeof input === 'number' && !Number.isFinite(input)) return 'a number outside the range of a double'
  return withArticle(Array.isArray(input) ? 'array' : typeof input)
}

const withArticle = (type: string): string => `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`

export const verdictCodes = ['invalid', 'too_far_ahead', 'too_old', 'month_expired', 'series_limit_reached'] as const
/** The reason why an entry was refused. */
export type VerdictCode = (typeof verdictCodes)[number]
