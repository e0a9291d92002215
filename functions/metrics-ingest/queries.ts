// What ingest asks the database. Values travel as arrays through `unnest`: one statement whatever the number, and no limit of binds.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** Points as columns, sorted by (series, at) and without duplicates; `at` in microseconds since 1970. */
export interface PointColumns {
  readonly series: readonly number[]
  readonly at: readonly number[]
  readonly value: readonly number[]
}

/** Microseconds since 1970 to timestamptz without a detour through a float of seconds, which would lose the last digits. */
const instants = (column: 'at') => sql`timestamptz 'epoch' + ${sql.ref(column)} * interval '1 microsecond'`

/** An array as PostgreSQL writes it. For numbers alone; several times faster than the driver's general way. */
const numbers = (values: readonly number[]): string => `{${values.join(',')}}`

/**
 * Takes the write lock, shared, until the transaction ends. A statement of its own: the next one's snapshot is younger than the lock.
 * Folded into the read of the marks it would take the snapshot first and see marks that the lock's last holder was about to move.
 */
export async function lockForWriting(tx: Tx, lock: number): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${lock}::bigint)`.execute(tx)
}

export interface WriteState {
  /** Writes below it invalidate roll-ups; microseconds since 1970, null for "there are none yet". */
  readonly fence: number | null
  /** State of each month asked for that was ever made, by its first day. */
  readonly months: Readonly<Record<string, string>>
}

/** The marks, and the states of these months (first days). Only under the write lock is it worth anything. */
export async function readWriteState(tx: Tx, months: readonly string[]): Promise<WriteState> {
  const { rows } = await sql<{ fence: string | null; months: Record<string, string> | null }>`
    select
      (select (extract(epoch from nullif(fence, '-infinity')) * 1000000)::bigint from rollup_mark) as fence,
      (select json_object_agg(month, state) from metric_month where month = any(${[...months]}::date[])) as months
  `.execute(tx)
  const fence = rows[0]?.fence ?? null
  return { fence: fence === null ? null : Number(fence), months: rows[0]?.months ?? {} }
}

/** Stores points of live months. The last write wins; a row that has the value already is not written again. */
export async function upsertPoints(tx: Tx, tenantId: number, points: PointColumns): Promise<void> {
  await sql`
    insert into metric_point (tenant_id, series_id, ts, value)
    select ${tenantId}::int, series, ${instants('at')}, value
    from unnest(${numbers(points.series)}::int[], ${numbers(points.at)}::int8[], ${numbers(points.value)}::float8[]) as p (series, at, value)
    on conflict (series_id, ts) do update set value = excluded.value
      where metric_point.value is distinct from excluded.value
  `.execute(tx)
}

/** Keeps points until their month is live. The identity column is the order of acceptance. */
export async function deferPoints(tx: Tx, tenantId: number, points: PointColumns): Promise<void> {
  await sql`
    insert into deferred_point (tenant_id, series_id, ts, value)
    select ${tenantId}::int, series, ${instants('at')}, value
    from unnest(${numbers(points.series)}::int[], ${numbers(points.at)}::int8[], ${numbers(points.value)}::float8[]) as p (series, at, value)
  `.execute(tx)
}

/** Says that the roll-ups of these hours have to be computed again. `at` is the beginning of the hour. */
export async function invalidateHours(tx: Tx, tenantId: number, hours: Omit<PointColumns, 'value'>): Promise<void> {
  await sql`
    insert into rollup_invalidation (tenant_id, series_id, bucket)
    select ${tenantId}::int, series, ${instants('at')}
    from unnest(${numbers(hours.series)}::int[], ${numbers(hours.at)}::int8[]) as p (series, at)
  `.execute(tx)
}

/**
 * Tries to take each idempotency key until the transaction ends, without waiting: waiting on the unique index instead holds the
 * connection, and deadlocks when two groups meet in opposite order. Answers the keys that were free.
 */
export async function claimKeys(tx: Tx, tenantId: number, keys: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ key: string }>`
    select key from unnest(${[...keys]}::text[]) as k (key)
    where pg_try_advisory_xact_lock(hashtextextended('idempotency ' || ${tenantId}::int || ' ' || key, 0))
  `.execute(tx)
  return new Set(rows.map((row) => row.key))
}

export interface RememberedKey {
  readonly key: string
  /** Hexadecimal. */
  readonly payload: string
  readonly verdicts: Record<string, unknown>
}

/** What is remembered of these keys, the expired ones aside. In a statement after `claimKeys`, so that it sees the last holder's commit. */
export async function readKeys(tx: Tx, tenantId: number, keys: readonly string[]): Promise<RememberedKey[]> {
  const { rows } = await sql<RememberedKey>`
    select key, encode(payload_sha256, 'hex') as payload, verdicts from idempotency_key
    where tenant_id = ${tenantId}::int and key = any(${[...keys]}::text[]) and expires_at > now()
  `.execute(tx)
  return rows
}

/** Remembers what was decided, for 24 hours. Replaces an expired entry of the same key. */
export async function rememberKeys(tx: Tx, tenantId: number, entries: readonly RememberedKey[]): Promise<void> {
  await sql`
    insert into idempotency_key (tenant_id, key, payload_sha256, verdicts, expires_at)
    select ${tenantId}::int, key, decode(payload, 'hex'), verdicts::jsonb, now() + interval '24 hours'
    from unnest(
      ${entries.map((e) => e.key)}::text[], ${entries.map((e) => e.payload)}::text[], ${entries.map((e) => JSON.stringify(e.verdicts))}::text[]
    ) as k (key, payload, verdicts)
    on conflict (tenant_id, key) do update
      set payload_sha256 = excluded.payload_sha256, verdicts = excluded.verdicts, expires_at = excluded.expires_at
  `.execute(tx)
}
