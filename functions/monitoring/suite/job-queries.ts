// The statements about runs of jobs.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

export interface JobRow {
  readonly job: string
  readonly last_success_at: string | null
  readonly outcome: 'success' | 'partial' | 'failed' | null
  /** Seconds since the last success; before any, since the first run began. Null before any run. */
  readonly age_s: number | null
}

/** Returns the last success of each job, and how its newest run ended. */
export async function selectJobs(tx: Transaction<Database>, jobs: readonly string[]): Promise<readonly JobRow[]> {
  const { rows } = await sql<JobRow>`
    select j.job, s.finished_at as last_success_at, r.outcome,
      extract(epoch from clock_timestamp() - coalesce(s.finished_at, f.started_at))::float8 as age_s
    from unnest(${[...jobs]}::text[]) as j (job)
      left join lateral (select finished_at from job_run where job = j.job and outcome = 'success' order by id desc limit 1) s on true
      left join lateral (select outcome from job_run where job = j.job and finished_at is not null order by id desc limit 1) r on true
      left join lateral (select started_at from job_run where job = j.job order by id limit 1) f on true
    order by j.job`.execute(tx)
  return rows
}
