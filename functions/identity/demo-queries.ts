// The statements that make a demonstration: a tenant, and rows to look at.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export interface DemoTenant {
  readonly id: number
  readonly expires_at: string
}

/** Makes a demonstration tenant; returns undefined when there are `most` of the last day already. */
export async function addDemoTenant(tx: Tx, name: string, most: number): Promise<DemoTenant | undefined> {
  const { rows } = await sql<DemoTenant>`select * from add_demo_tenant(${name}::text, ${most}::int)`.execute(tx)
  return rows[0]
}

/** Inserts feedback, jobs and a production of the tenant. The ids are those of every demonstration. */
export async function insertSampleRows(tx: Tx, tenantId: number): Promise<void> {
  await sql`
    insert into insight_feedback (tenant_id, insight_id, user_id, rating, comment)
    select ${tenantId}::int, insight, 'visitor-' || n, 2 + (n + length(insight)) % 4, case n when 1 then 'Just what I needed.' end
    from unnest(array['boiler-efficiency', 'night-setback']) insight, generate_series(1, 8) n`.execute(tx)
  await sql`
    insert into backfill_job (tenant_id, id, job_type, start_block, end_block, current_block, status, progress_percentage,
      completed_at, next_block)
    values (${tenantId}::int, ${IDS.done}, 'hourly-rollup', 0, 999, 999, 'completed', 100, clock_timestamp(), 1000),
      (${tenantId}::int, ${IDS.paused}, 'sensor-history', 0, 49999, 18250, 'paused', 36.5, null, 18251)`.execute(tx)
  await sql`
    insert into production_project (tenant_id, owner, id, name)
    values (${tenantId}::int, '', ${IDS.project}, 'Short film: The Weir')`.execute(tx)
  await sql`
    insert into production_shot (tenant_id, owner, id, project_id, title, status, date, start_time, location)
    select ${tenantId}::int, '', 'shot-' || n, ${IDS.project}::uuid, title, case n when 1 then 'done' else 'pending' end,
      (now() at time zone 'UTC')::date + n::int - 1, time '06:00' + n * interval '2 hours', 'The weir'
    from unnest(array['Dawn over the weir', 'The keeper opens the gate', 'Close-up of the gauge']) with ordinality s (title, n)`.execute(
    tx,
  )
  await sql`
    insert into production_task (tenant_id, owner, id, project_id, title, status, priority)
    select ${tenantId}::int, '', 'task-' || n, ${IDS.project}::uuid, title, n - 1, 1
    from unnest(array['Colour grading', 'Sound mix']) with ordinality s (title, n)`.execute(tx)
}

const IDS = {
  done: '10000000-0000-4000-8000-000000000001',
  paused: '10000000-0000-4000-8000-000000000002',
  project: '10000000-0000-4000-8000-000000000003',
} as const
