// The statements on idempotency keys.
import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

const DAY_HOURS = 24

/**
 * Tries to lock each idempotency key until the transaction ends, without waiting: waiting on the unique index instead would hold the
 * connection, and deadlock when two groups meet in opposite order. Returns the keys that were free.
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
  /** In hexadecimal. */
  readonly payload: string
  readonly verdicts: Record<string, unknown>
}

/** The outcome to store under a key, and for how long. */
export interface NewKey extends RememberedKey {
  /** The default is 24. */
  readonly hours?: number | undefined
}

/**
 * Reads the stored outcomes of these keys, without the expired ones. Run it in a statement after `claimKeys`, so that it sees the commit
 * of the last holder.
 */
export async function readKeys(tx: Tx, tenantId: number, keys: readonly string[]): Promise<RememberedKey[]> {
  const { rows } = await sql<RememberedKey>`
    select key, encode(payload_sha256, 'hex') as payload, verdicts from idempotency_key
    where tenant_id = ${tenantId}::int and key = any(${[...keys]}::text[]) and expires_at > now()
  `.execute(tx)
  return rows
}

/** Stores outcomes under their keys. Replaces an expired entry of the same key. */
export async function rememberKeys(tx: Tx, tenantId: number, entries: readonly NewKey[]): Promise<void> {
  await sql`
    insert into idempotency_key (tenant_id, key, payload_sha256, verdicts, expires_at)
    select ${tenantId}::int, key, decode(payload, 'hex'), verdicts::jsonb, now() + make_interval(hours => hours)
    from unnest(
      ${entries.map((e) => e.key)}::text[], ${entries.map((e) => e.payload)}::text[], ${entries.map((e) => JSON.stringify(e.verdicts))}::text[],
      ${entries.map((e) => e.hours ?? DAY_HOURS)}::int[]
    ) as k (key, payload, verdicts, hours)
    on conflict (tenant_id, key) do update
      set payload_sha256 = excluded.payload_sha256, verdicts = excluded.verdicts, expires_at = excluded.expires_at
  `.execute(tx)
}
