// The plans of the slice's statements on 10,000 rows of one project among others, with the function's own role and row security.

import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Definition } from '@penstock/shared/resource/definition.ts'
import { arrayOf, pageStatement } from '@penstock/shared/resource/resource-pages.ts'
import { rowStatement } from '@penstock/shared/resource/resource-queries.ts'
import { type RawBuilder, sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { gear, notes, projects, shots, tasks } from './contract.ts'
import { itemSpecs } from './queries.ts'

const PROJECT = '11111111-0000-4000-8000-000000000001'
let database: TestDatabase
let db: PenstockDatabase
let tenantId = 0
/** The plan of the first page while the planner knows nothing about the rows, as right after a large import. */
let unanalyzed: readonly Plan[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  tenantId = await createTenant(database, 'films')
  const client = await database.connect()
  // Without the triggers of stamps and counts, the rows are there in a second.
  await client.query('set session_replication_role = replica')
  const stamps =
    "timestamptz '2026-01-01' + n * interval '1 second', 'x', timestamptz '2026-01-01' + n * interval '1 second', 'x', 1"
  const stamped = 'created_at, created_by, updated_at, updated_by, version'
  const owner = `case n % 4 when 0 then 'ann' else 'user-' || n % 50 end`
  await client.query(`insert into production_project (tenant_id, owner, id, name, ${stamped})
    select ${tenantId}, 'ann', '${PROJECT}', 'P', ${stamps} from (select 1 as n) one
    union all select ${tenantId}, ${owner}, gen_random_uuid(), 'P', ${stamps} from generate_series(1, 40000) n`)
  const other =
    "case when n <= 10000 then '11111111-0000-4000-8000-000000000001' else '11111111-0000-4000-8000-000000000002' end::uuid"
  await client.query(`insert into production_shot (tenant_id, owner, id, project_id, title, status, date, start_time, ${stamped})
    select ${tenantId}, 'ann', 'shot-' || n, ${other}, 'T', case n % 20 when 0 then 'done' else 'pending' end,
      date '2026-01-01' + n % 365, time '06:00' + n % 720 * interval '1 minute', ${stamps} from generate_series(1, 20000) n
    union all select ${tenantId}, 'user-' || n % 50, 'shot-' || n, md5('project ' || n % 1000)::uuid, 'T', 'pending', null, null, ${stamps}
    from generate_series(1, 20000) n`)
  await client.query(`insert into production_task (tenant_id, owner, id, project_id, title, status, priority, due_date, ${stamped})
    select ${tenantId}, 'ann', 'task-' || n, ${other}, 'T', n % 4, n / 4 % 4, date '2026-01-01' + n % 365, ${stamps}
    from generate_series(1, 20000) n`)
  await client.query(`insert into production_note (tenant_id, owner, id, project_id, title, content, ${stamped})
    select ${tenantId}, 'ann', 'note-' || n, ${other}, 'T', '', ${stamps} from generate_series(1, 20000) n`)
  await client.query(`insert into production_gear (tenant_id, owner, id, name, category, status, ${stamped})
    select ${tenantId}, ${owner}, 'gear-' || n, 'FX6', 'C' || n % 10, 'S' || n / 10 % 5, ${stamps} from generate_series(1, 40000) n`)
  db = database.openAs('productions')
  unanalyzed = await planOf(page(shots))
  await client.query('analyze')
  await client.end()
})
afterAll(async () => await database.drop())

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Plan Rows': number
  readonly 'Actual Rows': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}

const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

/** The nodes of the plan by which a statement is answered. */
async function planOf(statement: RawBuilder<unknown>): Promise<readonly Plan[]> {
  return await db.read(tenantId, async (tx) => {
    const explained = sql<{
      'QUERY PLAN': readonly { readonly Plan: Plan }[]
    }>`explain (analyze, format json) ${statement}`
    return (await explained.execute(tx)).rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => nodesOf(Plan)))
  })
}

const scope = { tenantId, owner: 'ann', parentId: PROJECT }
const page = (
  resource: unknown,
  ask: { readonly after?: readonly string[]; readonly status?: string; readonly skip?: number } = {},
  also = {},
) => {
  const { after, status, skip = 0 } = ask
  const filters = status === undefined ? [] : [{ field: 'status', compare: '=' as const, value: status }]
  return pageStatement(resource as Definition, also, {
    scope: { ...scope, tenantId },
    filters,
    skip,
    limit: 100,
    after,
  })
}
const middle = ['2026-06-01', '10:00:00', 'shot-1']

it.each<[string, string, () => RawBuilder<unknown>]>([
  ['the first shots with their total', 'production_shot_order', () => page(shots)],
  ['shots by a cursor in the middle', 'production_shot_order', () => page(shots, { after: middle })],
  ['shots behind `skip`', 'production_shot_order', () => page(shots, { skip: 9_900 })],
  ['shots of a status', 'production_shot_status', () => page(shots, { status: 'done' })],
  ['tasks as on a board', 'production_task_board', () => page(tasks)],
  ['notes, the last changed first', 'production_note_changed', () => page(notes)],
  ['projects, newest first', 'production_project_newest', () => page(projects)],
  ['gear of a status', 'production_gear_listing', () => page(gear, { status: 'S1' }, { specs: itemSpecs })],
  [
    'one shot',
    'production_shot_pkey',
    () =>
      rowStatement(
        shots as unknown as Definition,
        {},
        { scope: { ...scope, tenantId, parentId: undefined }, id: 'shot-7' },
      ),
  ],
  [
    'the shots of a bulk read',
    'production_shot_order',
    () => sql`select ${arrayOf(shots as unknown as Definition, {}, { scope: { ...scope, tenantId }, limit: 1_000 })}`,
  ],
])('reads %s by the index %s', async (_, index, statement) => {
  const plan = await planOf(statement())
  const scans = plan.filter(
    (node) => /Scan/.test(node['Node Type']) && node['Node Type'] !== 'Subquery Scan' && node['Actual Rows'] > 0,
  )
  expect(
    plan.filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name']?.startsWith('production_')),
  ).toEqual([])
  expect([...new Set(scans.flatMap((node) => node['Index Name'] ?? []))]).toContain(index)
})

it('reads nothing before a cursor: its first column is a condition of the index', async () => {
  const plan = await planOf(page(shots, { after: middle }))
  const scan = plan.find((node) => node['Index Cond']?.includes('date_order <='))
  expect(scan?.['Rows Removed by Filter'] ?? 0).toBeLessThan(100)
  expect(scan?.['Actual Rows']).toBeLessThan(110)
})

it('expects the rows of a large project from its statistics', async () => {
  const [scan] = (await planOf(page(shots))).filter((node) => node['Index Name'] === 'production_shot_order').slice(-1)
  // Row security is taken for half of the rows.
  expect(scan?.['Plan Rows']).toBeGreaterThan(3_000)
})

it('keeps the rows of one page while it sorts, before the table has statistics', () => {
  const sorts = unanalyzed.filter((node) => node['Node Type'] === 'Sort')
  expect(sorts.filter((node) => node['Actual Rows'] > 101)).toEqual([])
  expect(unanalyzed.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([])
})
