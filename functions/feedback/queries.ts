// The slice's statements. Each one names the tenant, so that its index is used, and as a second guard in addition to row security.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, type Selectable, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export type FeedbackRow = Omit<Selectable<Database['insight_feedback']>, 'tenant_id'>

/** A user's change of the feedback on an insight; a field that is undefined keeps its value. */
export interface FeedbackChange {
  readonly tenantId: number
  readonly insightId: string
  readonly userId: string
  readonly said: Partial<Pick<FeedbackRow, 'rating' | 'comment' | 'flag_type' | 'flag_reason'>>
}

/**
 * Inserts the user's row for this insight, or changes the fields that are given, and returns the row. A single upsert, so that
 * concurrent first ratings end in one row without an error.
 */
export async function upsertFeedback(
  tx: Tx,
  { tenantId, insightId, userId, said }: FeedbackChange,
): Promise<FeedbackRow> {
  return await tx
    .insertInto('insight_feedback')
    .values({ tenant_id: tenantId, insight_id: insightId, user_id: userId, ...nothingSaid, ...said })
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'insight_id', 'user_id']).doUpdateSet({
        ...said,
        // A change is later than the row it changes, even if the server's clock was set back.
        updated_at: sql`greatest(clock_timestamp(), insight_feedback.updated_at + interval '1 microsecond')`,
      }),
    )
    .returning([
      'id',
      'insight_id',
      'user_id',
      'rating',
      'comment',
      'flag_type',
      'flag_reason',
      'created_at',
      'updated_at',
    ])
    .executeTakeFirstOrThrow()
}

const nothingSaid = { rating: null, comment: null, flag_type: null, flag_reason: null }

export interface StatsRow {
  readonly total_ratings: number
  /** Rounded half up to two decimals; 0 without ratings. */
  readonly average_rating: number
  /** Number of ratings of 1, 2, 3, 4 and 5. */
  readonly ratings: readonly number[]
  readonly total_comments: number
  readonly total_flags: number
  readonly inaccurate: number
  readonly misleading: number
  readonly spam: number
  /** Version of the insight's feedback in the same snapshot, as text: it increases with each change and is 0 before the first. */
  readonly version: string
}

/** Aggregates the feedback of an insight; zeros when there is none. */
export async function selectStats(tx: Tx, tenantId: number, insightId: string): Promise<StatsRow> {
  const rated = sql.join([1, 2, 3, 4, 5].map((rating) => sql`count(*) filter (where f.rating = ${sql.lit(rating)})`))
  const flagged = (type: string) => sql`(count(*) filter (where f.flag_type = ${sql.lit(type)}))::int`
  const { rows } = await sql<StatsRow>`
    select count(f.rating)::int as total_ratings, coalesce(round(avg(f.rating), 2), 0)::float8 as average_rating,
      array[${rated}]::int[] as ratings, count(f.comment)::int as total_comments, count(f.flag_type)::int as total_flags,
      ${flagged('inaccurate')} as inaccurate, ${flagged('misleading')} as misleading, ${flagged('spam')} as spam,
      coalesce((select v.version from insight_version v where v.tenant_id = ${tenantId}::int and v.insight_id = ${insightId}::text), 0) as version
    from insight_feedback f where f.tenant_id = ${tenantId}::int and f.insight_id = ${insightId}::text
  `.execute(tx)
  return rows[0] as StatsRow
}

/** Returns the version of an insight's feedback, the same as in `StatsRow`. It reads one row by its key. */
export async function selectVersion(tx: Tx, tenantId: number, insightId: string): Promise<string> {
  const row = await tx
    .selectFrom('insight_version')
    .select('version')
    .where('tenant_id', '=', tenantId)
    .where('insight_id', '=', insightId)
    .executeTakeFirst()
  return row?.version ?? '0'
}

export interface PageOf {
  readonly tenantId: number
  readonly limit: number
  readonly offset: number
}

export interface RowsPage {
  /** Number of matching rows over all pages, from the same snapshot as `rows`. */
  readonly total: number
  readonly rows: readonly FeedbackRow[]
}

/** Selects a page of an insight's rows with comments, newest first, and their total: one statement, so one snapshot. */
export async function selectComments(tx: Tx, page: PageOf & { readonly insightId: string }): Promise<RowsPage> {
  return await selectPage(tx, page, sql`f.insight_id = ${page.insightId}::text and f.comment is not null`, 'user_id')
}

/** Selects a page of a user's feedback, newest first, and its total: one statement, so one snapshot. */
export async function selectByUser(tx: Tx, page: PageOf & { readonly userId: string }): Promise<RowsPage> {
  return await selectPage(tx, page, sql`f.user_id = ${page.userId}::text`, 'insight_id')
}

/** `tie` breaks ties on `created_at`; it must be unique within the filter. */
async function selectPage(
  tx: Tx,
  { tenantId, limit, offset }: PageOf,
  isMeant: RawBuilder<unknown>,
  tie: 'insight_id' | 'user_id',
): Promise<RowsPage> {
  const meant = sql`insight_feedback f where f.tenant_id = ${tenantId}::int and ${isMeant}`
  const newestFirst = (of: string) => sql`${sql.ref(`${of}.created_at`)} desc, ${sql.ref(`${of}.${tie}`)}`
  const { rows } = await sql<{ total: number } & (FeedbackRow | { id: null })>`
    select all_pages.total, page.*
    from (select count(*)::int as total from ${meant}) all_pages
    left join (
      select f.id, f.insight_id, f.user_id, f.rating, f.comment, f.flag_type, f.flag_reason, f.created_at, f.updated_at
      from ${meant} order by ${newestFirst('f')} limit ${limit}::int offset ${offset}::int
    ) page on true
    order by ${newestFirst('page')}
  `.execute(tx)
  // A page past the last one has no rows, only the total.
  return { total: rows[0]?.total ?? 0, rows: rows.filter((row) => row.id !== null) }
}
