// The statements about reports of instances, and about what monitoring has counted of them.
import { type Micros, toPostgres } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/** The last report that an instance wrote. */
export interface ReportRow<R> {
  readonly function: string
  readonly instance: string
  readonly revision: string
  readonly started_at: string
  readonly reported_at: string
  readonly report: R
}

/** The counters of an instance that were included in the newest sample. */
export interface SeenRow<A> {
  readonly function: string
  readonly instance: string
  readonly started_at: string
  readonly activity: A
}

/** Maximum reports that are read. The oldest ones are left out. */
const MOST_REPORTS = 2_000
/** Reports older than this are deleted by the instances themselves, or by monitoring where a function has no instance any more. */
const REPORT_DAYS = 7

/** Returns the last reports of all instances, the newest first. */
export async function selectReports<R>(tx: Transaction<Database>): Promise<readonly ReportRow<R>[]> {
  const { rows } = await sql<ReportRow<R>>`
    select function, instance::text, revision, started_at, reported_at, report
    from instance_report order by reported_at desc limit ${MOST_REPORTS}::int`.execute(tx)
  return rows
}

/** Returns the counters of each instance that were included in the newest sample. */
export async function selectSeen<A>(tx: Transaction<Database>): Promise<readonly SeenRow<A>[]> {
  const { rows } = await sql<SeenRow<A>>`
    select function, instance::text, started_at, activity from instance_seen limit ${MOST_REPORTS}::int`.execute(tx)
  return rows
}

/** Returns the activity of each function in each minute after an instant, oldest first. */
export async function selectActivity<A>(
  tx: Transaction<Database>,
  after: Micros,
): Promise<readonly Readonly<Record<string, A>>[]> {
  const { rows } = await sql<{ activity: Readonly<Record<string, A>> }>`
    select activity from database_sample where at > ${toPostgres(after)}::timestamptz order by at`.execute(tx)
  return rows.map(({ activity }) => activity)
}

/** Returns the minutes of the oldest and of the newest sample; undefined when there is none. */
export async function selectSampled(
  tx: Transaction<Database>,
): Promise<{ readonly first: string; readonly last: string } | undefined> {
  const { rows } = await sql<{ first: string | null; last: string | null }>`
    select min(at) as first, max(at) as last from database_sample`.execute(tx)
  const [row] = rows
  return row?.first && row.last ? { first: row.first, last: row.last } : undefined
}

/** Returns the counters of each function since monitoring began. */
export async function selectTotals<A>(tx: Transaction<Database>): Promise<ReadonlyMap<string, A>> {
  const { rows } = await sql<{ function: string; activity: A }>`select function, activity from function_total`.execute(
    tx,
  )
  return new Map(rows.map((row) => [row.function, row.activity]))
}

/** Stores the counters of each function since monitoring began. */
export async function putTotals(
  tx: Transaction<Database>,
  totals: readonly (readonly [string, object])[],
): Promise<void> {
  await sql`
    insert into function_total (function, activity)
    select name, activity::jsonb from unnest(${totals.map(([name]) => name)}::text[], ${totals.map(([, it]) => JSON.stringify(it))}::text[]) as t (name, activity)
    on conflict (function) do update set activity = excluded.activity`.execute(tx)
}

/** Replaces the counters that earlier samples included by those of the newest one. */
export async function putSeen(tx: Transaction<Database>, seen: readonly SeenRow<object>[]): Promise<void> {
  await sql`
    insert into instance_seen (function, instance, started_at, activity)
    select function, instance::uuid, started_at::timestamptz, activity::jsonb
    from unnest(${seen.map((row) => row.function)}::text[], ${seen.map((row) => row.instance)}::text[],
      ${seen.map((row) => row.started_at)}::text[], ${seen.map((row) => JSON.stringify(row.activity))}::text[])
      as t (function, instance, started_at, activity)
    on conflict (function, instance) do update set started_at = excluded.started_at, activity = excluded.activity`.execute(
    tx,
  )
}

/** Deletes at most 1,000 reports that are older than 7 days, and the counters of instances without a report. */
export async function forgetInstances(tx: Transaction<Database>): Promise<void> {
  await sql`
    delete from instance_report where (function, instance) in (
      select function, instance from instance_report
      where reported_at < now() - make_interval(days => ${REPORT_DAYS}::int) limit 1000 for update skip locked)`.execute(
    tx,
  )
  await sql`
    delete from instance_seen s where not exists (
      select from instance_report r where r.function = s.function and r.instance = s.instance)`.execute(tx)
}
