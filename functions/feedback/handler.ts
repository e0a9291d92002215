// The rules of feedback: who may speak for whom, what meets in one row, what is answered.
import type { PenstockDatabase } from '@penstock/shared/database.ts'
import { answerOnce, type IdempotencyKey } from '@penstock/shared/idempotency.ts'
import type { TenantPrincipal } from '@penstock/shared/principal.ts'
import { Problem } from '@penstock/shared/problem.ts'
import { formatTimestamp, fromPostgres } from '@penstock/shared/time.ts'
import {
  type Comment,
  type CommentRequest,
  type CommentsPage,
  type CommentsQuery,
  type Feedback,
  type FlagRequest,
  notYourself,
  type RateRequest,
  type Stats,
  type StatsQuery,
  type UserPage,
  type UserQuery,
} from './contract.ts'
import {
  type FeedbackChange,
  type FeedbackRow,
  type StatsRow,
  selectByUser,
  selectComments,
  selectStats,
  upsertFeedback,
} from './queries.ts'

export interface FeedbackDeps {
  readonly db: PenstockDatabase
}

/** Who writes, and the key under which the answer is remembered. */
export interface Writer {
  readonly caller: TenantPrincipal
  readonly idempotency: IdempotencyKey | null
}

/**
 * Records a user's rating of an insight, with a comment where one is sent.
 * Safe to repeat: a user has one row per insight, and what is not sent stays as it was.
 * @throws {Problem} 403 when a user rates in another's name; 409 or 422 for an idempotency key.
 */
export async function rate(deps: FeedbackDeps, writer: Writer, request: RateRequest): Promise<Feedback> {
  const { rating, comment: words } = request
  return await say(deps, writer, request, { rating, ...(words === undefined ? {} : { comment: words }) })
}

/** Records a user's comment on an insight. Safe to repeat, and refused, as `rate`. */
export async function comment(deps: FeedbackDeps, writer: Writer, request: CommentRequest): Promise<Feedback> {
  return await say(deps, writer, request, { comment: request.comment })
}

/** Records that a user finds something wrong with an insight. Safe to repeat, and refused, as `rate`. */
export async function flag(deps: FeedbackDeps, writer: Writer, request: FlagRequest): Promise<Feedback> {
  const { flag_type, flag_reason } = request
  return await say(deps, writer, request, { flag_type, ...(flag_reason === undefined ? {} : { flag_reason }) })
}

/** What an insight's feedback comes to. One that nobody has spoken of has zeros. */
export async function stats(
  { db }: FeedbackDeps,
  { tenant }: TenantPrincipal,
  { insight_id }: StatsQuery,
): Promise<Stats> {
  const row = await db.inTenant(tenant.id, async (tx) => await selectStats(tx, tenant.id, insight_id), {
    readOnly: true,
  })
  return toStats(insight_id, row)
}

/** A page of an insight's comments, newest first, with the total of the same instant. */
export async function comments(
  { db }: FeedbackDeps,
  { tenant }: TenantPrincipal,
  { insight_id, limit, offset }: CommentsQuery,
): Promise<CommentsPage> {
  const page = { tenantId: tenant.id, insightId: insight_id, limit, offset }
  const { total, rows } = await db.inTenant(tenant.id, async (tx) => await selectComments(tx, page), { readOnly: true })
  return { insight_id, comments: rows.map(toComment), total, limit, offset }
}

/**
 * A page of what a user has said, newest first, with the total of the same instant.
 * @throws {Problem} 403 when a user asks for another's.
 */
export async function user(
  { db }: FeedbackDeps,
  caller: TenantPrincipal,
  { user_id, limit, offset }: UserQuery,
): Promise<UserPage> {
  speaksFor(caller, user_id)
  const { tenant } = caller
  const page = { tenantId: tenant.id, userId: user_id, limit, offset }
  const { total, rows } = await db.inTenant(tenant.id, async (tx) => await selectByUser(tx, page), { readOnly: true })
  return { user_id, feedback: rows.map(toFeedback), total, limit, offset }
}

async function say(
  { db }: FeedbackDeps,
  { caller, idempotency }: Writer,
  { insight_id, user_id }: { readonly insight_id: string; readonly user_id: string },
  said: FeedbackChange['said'],
): Promise<Feedback> {
  speaksFor(caller, user_id)
  const { id: tenantId } = caller.tenant
  const change = { tenantId, insightId: insight_id, userId: user_id, said }
  return await db.inTenant(
    tenantId,
    async (tx) => await answerOnce(tx, tenantId, idempotency, async () => toFeedback(await upsertFeedback(tx, change))),
  )
}

/** A key speaks for all users of its tenant. */
function speaksFor({ user: self }: TenantPrincipal, userId: string): void {
  if (self !== undefined && self !== userId)
    throw new Problem(notYourself, 'The credential is of another user than user_id.')
}

const toFeedback = (row: FeedbackRow): Feedback => ({
  id: row.id,
  insight_id: row.insight_id,
  user_id: row.user_id,
  rating: row.rating,
  comment: row.comment,
  flag_type: row.flag_type,
  flag_reason: row.flag_reason,
  created_at: instant(row.created_at),
  updated_at: instant(row.updated_at),
})

const toComment = (row: FeedbackRow): Comment => ({
  id: row.id,
  user_id: row.user_id,
  comment: row.comment ?? '',
  created_at: instant(row.created_at),
  updated_at: instant(row.updated_at),
})

function toStats(insight_id: string, row: StatsRow): Stats {
  const [one = 0, two = 0, three = 0, four = 0, five = 0] = row.ratings
  const { inaccurate, misleading, spam } = row
  return {
    insight_id,
    total_ratings: row.total_ratings,
    average_rating: row.average_rating,
    rating_distribution: { 1: one, 2: two, 3: three, 4: four, 5: five },
    total_comments: row.total_comments,
    total_flags: row.total_flags,
    flag_types: {
      ...(inaccurate > 0 ? { inaccurate } : {}),
      ...(misleading > 0 ? { misleading } : {}),
      ...(spam > 0 ? { spam } : {}),
    },
  }
}

const instant = (text: string): string => formatTimestamp(fromPostgres(text))
