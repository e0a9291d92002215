// Requests and answers of feedback on insights, and the problems that can occur.
import { keyInUse, keyReused, notYourself, quotaExceeded } from '@penstock/shared/base/problem.ts'
import { type Routes, readsOnly, text, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, uuid, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const MAX_ID = 100
const MAX_COMMENT = 1_000
const MAX_REASON = 500
/** The largest row number that PostgreSQL holds in an int. */
const MAX_OFFSET = 2_147_483_647

const flagTypes = ['inaccurate', 'misleading', 'spam'] as const

/** Forms send an empty text for an input that was not filled in, so an empty text counts as absent, like null. */
const optional = (max: number) =>
  text(max, 0)
    .nullish()
    .transform((value) => value || undefined)

const who = { insight_id: text(MAX_ID), user_id: text(MAX_ID) }

export const RateRequest = z
  .object({
    ...who,
    rating: z.int('must be a whole number from 1 to 5').min(1, 'must be at least 1').max(5, 'must be at most 5'),
    comment: optional(MAX_COMMENT),
  })
  .meta({ title: 'RateRequest' })
export type RateRequest = z.output<typeof RateRequest>

export const CommentRequest = z.object({ ...who, comment: text(MAX_COMMENT) }).meta({ title: 'CommentRequest' })
export type CommentRequest = z.output<typeof CommentRequest>

export const FlagRequest = z
  .object({
    ...who,
    flag_type: z.enum(flagTypes, `must be one of ${flagTypes.join(', ')}`),
    flag_reason: optional(MAX_REASON),
  })
  .meta({ title: 'FlagRequest' })
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

/** One user's feedback on one insight. */
const Feedback = z
  .object({
    id: uuid.describe('Never changes, whatever the user says later.'),
    insight_id: z.string(),
    user_id: z.string(),
    rating: z.int().min(1).max(5).nullable(),
    comment: z.string().nullable(),
    flag_type: z.enum(flagTypes).nullable(),
    flag_reason: z.string().nullable(),
    created_at: wireInstant,
    updated_at: wireInstant,
  })
  .meta({ title: 'Feedback' })
export type Feedback = z.output<typeof Feedback>

const Stats = z
  .object({
    insight_id: z.string(),
    total_ratings: count,
    average_rating: z.number().describe('Rounded to two decimals, half up; 0 when there is no rating.'),
    rating_distribution: z.object({ '1': count, '2': count, '3': count, '4': count, '5': count }),
    total_comments: count,
    total_flags: count,
    flag_types: z.partialRecord(z.enum(flagTypes), count).readonly().describe('Types that nobody has used are absent.'),
  })
  .meta({ title: 'FeedbackStats' })
export type Stats = z.output<typeof Stats>

const Comment = Feedback.pick({ id: true, user_id: true, created_at: true, updated_at: true })
  .extend({
    comment: z.string(),
  })
  .meta({ title: 'FeedbackComment' })
export type Comment = z.output<typeof Comment>

/** Newest first by the creation time of each row, so that pages do not change when a user edits feedback. */
const pageOf = { total: count, limit: count, offset: count }

const CommentsPage = z
  .object({ insight_id: z.string(), comments: listOf(Comment), ...pageOf })
  .meta({ title: 'FeedbackCommentsPage' })
export type CommentsPage = z.output<typeof CommentsPage>

const UserPage = z
  .object({ user_id: z.string(), feedback: listOf(Feedback), ...pageOf })
  .meta({ title: 'FeedbackUserPage' })
export type UserPage = z.output<typeof UserPage>

const writing = {
  method: 'POST',
  scope: 'feedback:write',
  users: true,
  answer: Feedback,
  problems: [notYourself, keyInUse, keyReused, quotaExceeded],
  reads: ['Idempotency-Key'],
  audit: ['insight_feedback.create', 'insight_feedback.update'],
} as const
const reading = { method: 'GET', scope: 'feedback:read', users: true, problems: [], audit: readsOnly } as const

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  rate: {
    ...writing,
    path: '/api/v1/feedback/rate',
    summary: 'Rate an insight as a user',
    body: RateRequest,
  },
  comment: {
    ...writing,
    path: '/api/v1/feedback/comment',
    summary: 'Comment on an insight as a user',
    body: CommentRequest,
  },
  flag: {
    ...writing,
    path: '/api/v1/feedback/flag',
    summary: 'Flag an insight as inaccurate, misleading or spam',
    body: FlagRequest,
  },
  stats: {
    ...reading,
    path: '/api/v1/feedback/stats',
    summary: 'Read the ratings, comments and flags of an insight as numbers',
    query: StatsQuery,
    answer: Stats,
  },
  comments: {
    ...reading,
    path: '/api/v1/feedback/comments',
    summary: 'List the comments on an insight, newest first',
    query: CommentsQuery,
    answer: CommentsPage,
  },
  user: {
    ...reading,
    path: '/api/v1/feedback/user',
    summary: 'List everything that a user has said, newest first',
    query: UserQuery,
    answer: UserPage,
    problems: [notYourself],
  },
} as const satisfies Routes
