// Requests and answers of feedback on insights, and the problems that can occur.
import type { ProblemKind } from '@penstock/shared/base/problem.ts'
import { type Routes, text, wholeNumber } from '@penstock/shared/base/wire.ts'
import { z } from 'zod'

const MAX_ID = 100
const MAX_COMMENT = 1_000
const MAX_REASON = 500
/** The largest row number that PostgreSQL holds in an int. */
const MAX_OFFSET = 2_147_483_647

const flagTypes = ['inaccurate', 'misleading', 'spam'] as const
export type FlagType = (typeof flagTypes)[number]

/** Forms send empty fields for inputs that were not filled in: an empty text counts as absent, like null does. */
const optional = (max: number) =>
  text(max, 0)
    .nullish()
    .transform((value) => value || undefined)

const who = { insight_id: text(MAX_ID), user_id: text(MAX_ID) }

export const RateRequest = z.object({
  ...who,
  rating: z.int('must be a whole number from 1 to 5').min(1, 'must be at least 1').max(5, 'must be at most 5'),
  comment: optional(MAX_COMMENT),
})
export type RateRequest = z.output<typeof RateRequest>

export const CommentRequest = z.object({ ...who, comment: text(MAX_COMMENT) })
export type CommentRequest = z.output<typeof CommentRequest>

export const FlagRequest = z.object({
  ...who,
  flag_type: z.enum(flagTypes, `must be one of ${flagTypes.join(', ')}`),
  flag_reason: optional(MAX_REASON),
})
export type FlagRequest = z.output<typeof FlagRequest>

const page = (defaultLimit: number) => ({
  limit: wholeNumber(1, 100).default(defaultLimit),
  offset: wholeNumber(0, MAX_OFFSET).default(0),
})

export const StatsQuery = z.object({ insight_id: text(MAX_ID) })
export type StatsQuery = z.output<typeof StatsQuery>

export const CommentsQuery = z.object({ insight_id: text(MAX_ID), ...page(20) })
export type CommentsQuery = z.output<typeof CommentsQuery>

export const UserQuery = z.object({ user_id: text(MAX_ID), ...page(50) })
export type UserQuery = z.output<typeof UserQuery>

/** The routes of this slice: the functions, the local gateway and `npm run routes` (Terraform's table) read them. */
export const routes = {
  rate: { method: 'POST', path: '/api/v1/feedback/rate', scope: 'feedback:write', body: RateRequest },
  comment: { method: 'POST', path: '/api/v1/feedback/comment', scope: 'feedback:write', body: CommentRequest },
  flag: { method: 'POST', path: '/api/v1/feedback/flag', scope: 'feedback:write', body: FlagRequest },
  stats: { method: 'GET', path: '/api/v1/feedback/stats', scope: 'feedback:read', query: StatsQuery },
  comments: { method: 'GET', path: '/api/v1/feedback/comments', scope: 'feedback:read', query: CommentsQuery },
  user: { method: 'GET', path: '/api/v1/feedback/user', scope: 'feedback:read', query: UserQuery },
} as const satisfies Routes

/** One user's feedback on one insight. Times are RFC 3339 in UTC with microseconds. */
export interface Feedback {
  /** A UUID that never changes, whatever the user says later. */
  readonly id: string
  readonly insight_id: string
  readonly user_id: string
  readonly rating: number | null
  readonly comment: string | null
  readonly flag_type: FlagType | null
  readonly flag_reason: string | null
  readonly created_at: string
  readonly updated_at: string
}

export interface Stats {
  readonly insight_id: string
  readonly total_ratings: number
  /** Rounded to two decimals, half up; 0 when there is no rating. */
  readonly average_rating: number
  readonly rating_distribution: Readonly<Record<'1' | '2' | '3' | '4' | '5', number>>
  readonly total_comments: number
  readonly total_flags: number
  /** Types that nobody has used are absent. */
  readonly flag_types: Readonly<Partial<Record<FlagType, number>>>
}

export type Comment = Pick<Feedback, 'id' | 'user_id' | 'created_at' | 'updated_at'> & { readonly comment: string }

/** Newest first by the creation time of each row, so that pages do not change when a user edits feedback. */
interface Page {
  readonly total: number
  readonly limit: number
  readonly offset: number
}

export interface CommentsPage extends Page {
  readonly insight_id: string
  readonly comments: readonly Comment[]
}

export interface UserPage extends Page {
  readonly user_id: string
  readonly feedback: readonly Feedback[]
}

export const notYourself: ProblemKind = {
  slug: 'not-yourself',
  status: 403,
  title: 'A user can act only as itself',
}
