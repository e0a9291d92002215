// Definitions that all contracts share: text that PostgreSQL can store, timestamps, and routes as data.
import { z } from 'zod'
import { parseTimestamp } from './time.ts'

/** Scopes of a tenant's key. */
export const tenantScopes = [
  'metrics:write',
  'metrics:read',
  'feedback:write',
  'feedback:read',
  'backfill:write',
  'backfill:read',
] as const
/** Scopes of a user's own token: reading, and giving feedback. */
export const userScopes = ['metrics:read', 'feedback:write', 'feedback:read', 'backfill:read'] as const
/** Scopes of a platform key, which belongs to no tenant. */
export const platformScopes = ['operate', 'admin'] as const

export type TenantScope = (typeof tenantScopes)[number]
export type PlatformScope = (typeof platformScopes)[number]
export type Scope = TenantScope | PlatformScope

/** One route of a contract. The functions, the local gateway and Terraform's route table read these. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** The whole path. A segment in braces is a parameter: `/api/v1/monitoring/backfill/{job_id}`. */
  readonly path: string
  readonly scope: Scope
  /** Answered without a credential, to HEAD as well as to GET, because clients ask it before they have one. Its scope has no effect. */
  readonly public?: true
  /** A Google service account (OIDC) may call it too, such as the Scheduler or a Pub/Sub subscription. */
  readonly service?: true
  /** Schema of the query string as an object of strings. When absent, the query string is ignored. */
  readonly query?: z.ZodType
  /** Schema of the JSON body. When absent on a POST, the handler gets the bytes and parses them itself. */
  readonly body?: z.ZodType
  /** The handler reads the bytes itself, by the schema `body`, of which the documents tell. */
  readonly readsBytes?: true
  /** Whole numbers of the body that a double cannot hold are given to the schema as bigint. */
  readonly exact?: true
  /** Accepted content types. The default is `application/json` for a route with a body schema, and any type for others. */
  readonly accepts?: readonly string[]
  /** The body is a snappy block, whether the request says so or not. When absent, the body may be gzipped. */
  readonly encoding?: 'snappy'
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

export type Routes = Readonly<Record<string, Route>>

/**
 * Schema of text with `min` to `max` code points that PostgreSQL can store: without NUL and lone surrogates. The messages name the rule;
 * the error's pointer names the field.
 */
export const text = (max: number, min = 1) =>
  z.string().superRefine((value, context) => {
    const broken = brokenTextRule(value, max, min)
    if (broken !== undefined) context.addIssue({ code: 'custom', message: broken })
  })

/** Returns the rule of `text(max, min)` that a value breaks, as a sentence; undefined when it breaks none. */
export function brokenTextRule(value: string, max: number, min = 1): string | undefined {
  if (value.length < min) return min === 1 ? 'must not be empty' : `must have at least ${min} characters`
  if (value.length > max && codePoints(value) > max) return `must have at most ${max} characters`
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
export const timestamp = z.string().transform((value, context) => {
  const us = parseTimestamp(value)
  if (us === undefined) {
    context.addIssue({ code: 'custom', message: 'must be an RFC 3339 timestamp, such as 2026-11-20T17:09:01.123456Z' })
    return z.NEVER
  }
  return us
})

/** Schema of a whole number in a query string. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d{1,15}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))

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

/** The reason why an entry was refused. */
export type VerdictCode = 'invalid' | 'too_far_ahead' | 'too_old' | 'month_expired' | 'series_limit_reached'
