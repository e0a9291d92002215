// The rules of feedback: who may speak for whom, and what is stored in a user's one row per insight.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { notYourself, Problem } from '@penstock/shared/base/problem.ts'
import { toWire } from '@penstock/shared/base/time.ts'
import type { Cache } from '@penstock/shared/cache/cache.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { answerOnce, type IdempotencyKey } from '@penstock/shared/jobs/idempotency.ts'
import type {
  Comment,
  CommentRequest,
  CommentsPage,
  CommentsQuery,
  Feedback,
  FlagRequest,
  RateRequest,
  UserPage,
  UserQuery,
} from './contract.ts'
import { type FeedbackChange, type FeedbackRow, selectByUser, selectComments, upsertFeedback } from './queries.ts'
import { statsKey } from './stats.ts'

export interface FeedbackDeps {
  readonly db: PenstockDatabase
  readonly cache: Pick<Cache, 'read' | 'forget'>
}

/** The caller, and the key under which the answer is stored. */
export interface Writer {
  readonly caller: TenantPrincipal
  readonly idempotency: IdempotencyKey | null
}

/**
 * Records a user's rating of an insight, with a comment if one is sent. Safe to repeat: a user has one row per insight, and a field that
 * is not sent keeps its value.
 * @throws {Problem} 403 when a user rates in another's name; 409 or 422 for an idempotency key.
 */
export async function rate(deps: FeedbackDeps, writer: Writer, request: RateRequest): Promise<Feedback> {
  const { rating, comment: words } = request
  return await say(deps, writer, request, { rating, ...(words === undefined ? {} : { comment: words }) })
}

/** Records a user's comment on an insight. Safe to repeat; throws like `rate`. */
export async function comment(deps: FeedbackDeps, writer: Writer, request: CommentRequest): Promise<Feedback> {
  return await say(deps, writer, request, { comment: request.comment })
}

/** Records that a user flags an insight as wrong. Safe to repeat; throws like `rate`. */
export async function flag(deps: FeedbackDeps, writer: Writer, request: FlagRequest): Promise<Feedback> {
  const { flag_type, flag_reason } = request
  return await say(deps, writer, request, { flag_type, ...(flag_reason === undefined ? {} : { flag_reason }) })
}

/** Returns a page of an insight's comments, newest first, with the total from the same snapshot. */
export async function comments(
  { db }: FeedbackDeps,
  { tenant }: TenantPrincipal,
  { insight_id, limit, offset }: CommentsQuery,
): Promise<CommentsPage> {
  const page = { tenantId: tenant.id, insightId: insight_id, limit, offset }
  const { total, rows } = await db.read(tenant.id, (tx) => selectComments(tx, page))
  return { insight_id, comments: rows.map(toComment), total, limit, offset }
}

/**
 * Returns a page of a user's feedback, newest first, with the total from the same snapshot.
 * @throws {Problem} 403 when a user asks for another's feedback.
 */
export async function user(
  { db }: FeedbackDeps,
  caller: TenantPrincipal,
  { user_id, limit, offset }: UserQuery,
): Promise<UserPage> {
  speaksFor(caller, user_id)
  const { tenant } = caller
  const page = { tenantId: tenant.id, userId: user_id, limit, offset }
  const { total, rows } = await db.read(tenant.id, (tx) => selectByUser(tx, page))
  return { user_id, feedback: rows.map(toFeedback), total, limit, offset }
}

async function say(
  { db, cache }: FeedbackDeps,
  { caller, idempotency }: Writer,
  { insight_id, user_id }: { readonly insight_id: string; readonly user_id: string },
  said: FeedbackChange['said'],
): Promise<Feedback> {
  speaksFor(caller, user_id)
  const { id: tenantId } = caller.tenant
  const change = { tenantId, insightId: insight_id, userId: user_id, said }
  try {
    return await db.write(tenantId, (tx) =>
      answerOnce(tx, tenantId, idempotency, async () => toFeedback(await upsertFeedback(tx, change))),
    )
  } finally {
    // The commit may have happened even if its answer was lost.
    await cache.forget(statsKey(tenantId, insight_id))
  }
}

/** Checks that the caller may act for this user: an API key may act for all users of its tenant. */
function speaksFor({ user: self }: TenantPrincipal, userId: string): void {
  if (self !== undefined && self !== userId)
    throw new Problem(
      notYourself,
      'The credential belongs to another user than user_id. Send the user of the credential.',
    )
}

const toFeedback = (row: FeedbackRow): Feedback => ({
  id: row.id,
  insight_id: row.insight_id,
  user_id: row.user_id,
  rating: row.rating,
  comment: row.comment,
  flag_type: row.flag_type,
  flag_reason: row.flag_reason,
  created_at: toWire(row.created_at),
  updated_at: toWire(row.updated_at),
})

const toComment = (row: FeedbackRow): Comment => ({
  id: row.id,
  user_id: row.user_id,
  comment: row.comment ?? '',
  created_at: toWire(row.created_at),
  updated_at: toWire(row.updated_at),
})
