// The statements about samples.
import { type Micros, toPostgres } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

export interface SampleRow<N> {
  readonly at: string
  readonly numbers: readonly N[]
}

/** Returns the newest sample. */
export async function selectLastSample<N>(tx: Transaction<Database>): Promise<SampleRow<N> | undefined> {
  const { rows } = await sql<SampleRow<N>>`select at, numbers from database_sample order by at desc limit 1`.execute(tx)
  return rows[0]
}

/** Stores the sample of a minute; returns false when there is one already. */
export async function insertSample(
  tx: Transaction<Database>,
  at: Micros,
  sample: { readonly activity: object; readonly numbers: readonly object[] },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into database_sample (at, activity, numbers)
    values (${toPostgres(at)}::timestamptz, ${JSON.stringify(sample.activity)}::jsonb, ${JSON.stringify(sample.numbers)}::jsonb)
    on conflict (at) do nothing`.execute(tx)
  return numAffectedRows === 1n
}
