// The tables whose rows are never changed, and removed only by their great age. They are compared in both directions: a row of the copy that the
// suite does not have was removed by somebody.
import { type RawBuilder, sql } from 'kysely'

/** Retention removes runs of jobs after hundreds of days; a shorter setting than this one would be a mistake. */
const recent = sql<boolean>`t.finished_at > now() - interval '7 days'`

/** By table, the rows of the copy that the suite must still have; `t` is the table. A table that this database does not have is not compared. */
export const permanentRows: Readonly<Record<string, RawBuilder<boolean>>> = {
  audit_seal: sql<boolean>`t.sealed_at > now() - interval '30 days'`,
  backup_run: recent,
  // A run that failed may be opened again.
  job_run: sql<boolean>`(${recent} and t.outcome = 'success')`,
  schema_migration: sql<boolean>`true`,
}
