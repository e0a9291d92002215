// The statements about rows of tenants. Definer functions answer them in numbers, because this role sees no such row.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

export interface FailedNotifications {
  readonly notifications: number
  readonly tenants: number
}

/** Counts the notifications of the last two days that failed for good. */
export async function selectFailedNotifications(tx: Transaction<Database>): Promise<FailedNotifications> {
  const { rows } =
    await sql<FailedNotifications>`select notifications::float8, tenants::float8 from failed_notifications()`.execute(
      tx,
    )
  return rows[0] ?? { notifications: 0, tenants: 0 }
}

export interface Unsealed {
  /** At most 10,000. */
  readonly entries: number
  /** Seconds since the first of them was written; null when there is none. */
  readonly age_s: number | null
}

/** Counts the entries of the audit log that no seal contains. */
export async function selectUnsealed(tx: Transaction<Database>): Promise<Unsealed> {
  const { rows } = await sql<Unsealed>`
    select entries::float8, extract(epoch from clock_timestamp() - since)::float8 as age_s from unsealed_entries()`.execute(
    tx,
  )
  return rows[0] ?? { entries: 0, age_s: null }
}
