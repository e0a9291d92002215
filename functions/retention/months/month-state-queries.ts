// The states of months on their way to the archive, and all legal transitions.
import type { Database, MonthState } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/**
 * A month as a step found it. `changed` is new after every transition, so a step that was suspended during one changes nothing
 * afterwards.
 */
export interface MonthFound {
  /** First day of the month. */
  readonly month: string
  readonly state: MonthState
  readonly changed: string
}

/**
 * All legal transitions. Deferred points make a month live again while it is in the database, and late points bring it back from the
 * archive.
 */
export const MOVES: Readonly<Record<MonthState, readonly MonthState[]>> = {
  live: ['sealed'],
  sealed: ['written', 'live', 'sealed'],
  written: ['verified', 'live', 'sealed'],
  verified: ['cold', 'live', 'sealed'],
  cold: ['detached'],
  detached: ['dropped'],
  dropped: ['expired', 'live'],
  expired: [],
}

/** Returns the months that are being archived, and live ones that ended by `cutoff` (RFC 3339), oldest first. */
export async function selectMonths(tx: Tx, cutoff: string): Promise<MonthFound[]> {
  const { rows } = await sql<MonthFound>`
    select month, state, changed_at as changed from metric_month
    where state <> 'expired' and (state <> 'live' or (month + interval '1 month') at time zone 'UTC' <= ${cutoff}::timestamptz)
    order by month`.execute(tx)
  return rows
}

/** Returns a month's current state; undefined when it was never made. */
export async function selectMonth(tx: Tx, month: string): Promise<MonthFound | undefined> {
  const { rows } = await sql<MonthFound>`
    select month, state, changed_at as changed from metric_month where month = ${month}::date`.execute(tx)
  return rows[0]
}

/**
 * Moves a month from the state in which it was found to another. @throws {Error} when another transaction has moved it in the meantime;
 * this transaction then changes nothing.
 */
export async function moveMonth(tx: Tx, { month, state, changed }: MonthFound, to: MonthState): Promise<void> {
  if (!MOVES[state].includes(to)) throw new Error(`a month does not go from ${state} to ${to}`)
  const { numUpdatedRows } = await tx
    .updateTable('metric_month')
    .set({ state: to, changed_at: sql`clock_timestamp()` })
    .where('month', '=', month)
    .where('state', '=', state)
    .where('changed_at', '=', changed)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows !== 1n) throw new Error(`${month} was moved by another run`)
}

/**
 * Locks a month in the state in which it was found, until the transaction ends. @throws {Error} when another transaction has moved it in
 * the meantime.
 */
export async function keepMonth(tx: Tx, { month, state, changed }: MonthFound): Promise<void> {
  const row = await tx
    .selectFrom('metric_month')
    .select('month')
    .where('month', '=', month)
    .where('state', '=', state)
    .where('changed_at', '=', changed)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) throw new Error(`${month} was moved by another run`)
}

/** Returns true when the roll-ups of a month are complete and need not be computed again from points. */
export async function rollupsAreComplete(
  tx: Tx,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const { rows } = await sql<{ complete: boolean }>`
    select (select watermark from rollup_mark) >= ${to}::timestamptz
      and not exists (
        select from rollup_invalidation where bucket >= ${from}::timestamptz and bucket < ${to}::timestamptz
      ) as complete`.execute(tx)
  return rows[0]?.complete ?? false
}

/** Returns true when a hold covers anything of a month. */
export async function monthIsHeld(
  tx: Tx,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`
    select exists (
      select from archive_hold
      where dataset = 'metrics' and released_at is null
        and from_ts < ${to}::timestamptz and to_ts > ${from}::timestamptz
    ) as held`.execute(tx)
  return rows[0]?.held ?? true
}

/**
 * Returns those of these tables of which this role does not see every row. Row security hides rows silently, so every count must be
 * preceded by this check.
 */
export async function selectHidden(tx: Tx, tables: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from unnest(${[...tables]}::text[]) as name
    where row_security_active(name::regclass) and (
      not exists (
        select from pg_policy p, unnest(p.polroles) role
        where p.polrelid = name::regclass and p.polpermissive and p.polcmd in ('*', 'r')
          and (role = 0 or pg_has_role(role, 'usage')) and pg_get_expr(p.polqual, p.polrelid) = 'true'
      )
      or exists (
        select from pg_policy p, unnest(p.polroles) role
        where p.polrelid = name::regclass and not p.polpermissive and (role = 0 or pg_has_role(role, 'usage'))
      )
    )`.execute(tx)
  return rows.map(({ name }) => name)
}
