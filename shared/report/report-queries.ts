// The statements of instance_report.
import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'

/** The row of an instance. `report` is JSON text. */
export interface InstanceReportRow {
  readonly function: string
  readonly instance: string
  readonly revision: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly report: string
}

/** Stores the report of an instance in place of its last one. */
export async function putReport(tx: Transaction<Database>, row: InstanceReportRow): Promise<void> {
  await sql`
    insert into instance_report (function, instance, revision, started_at, reported_at, report)
    values (${row.function}, ${row.instance}::uuid, ${row.revision}, to_timestamp(${row.startedAt}::float8 / 1000),
      clock_timestamp(), ${row.report}::jsonb)
    on conflict (function, instance) do update set reported_at = excluded.reported_at, report = excluded.report`.execute(
    tx,
  )
}

/** Deletes old reports of the instances of a function, 100 at most. Rows that another instance is deleting are skipped. */
export async function deleteOldReports(tx: Transaction<Database>, functionName: string): Promise<void> {
  await sql`
    delete from instance_report where (function, instance) in (
      select function, instance from instance_report
      where function = ${functionName} and reported_at < now() - interval '7 days'
      limit 100 for update skip locked)`.execute(tx)
}
