// The comparison of the suite with a copy. The copy is the same database, seen by a transaction that has changed something and is never committed.

import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { onOneConnection, textTypes } from '@penstock/shared/database/one-connection.ts'
import { moveBackupMarker } from '@penstock/shared/jobs/backup-marker.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { compareTables, type Side, schemaDifferences } from './checks/compare.ts'
import { type Marker, selectMarker, selectSchema } from './checks/schema-queries.ts'

let db: TestDatabase
let own: PenstockDatabase
let marker: Marker

beforeAll(async () => {
  db = await createTestDatabase()
  own = db.openAs('backup')
})
afterAll(async () => await db.drop())

beforeEach(async () => {
  await db.query('delete from insight_feedback')
  const tenant = await createTenant(db)
  await db.query(
    `insert into insight_feedback (tenant_id, insight_id, user_id, rating) select $1, 'i' || n, 'u', 3 from generate_series(1, 50) n`,
    [tenant],
  )
  await db.query(
    `insert into job_run (job, lease_until, finished_at, outcome) values ('sweep', now(), now(), 'success')`,
  )
  await own.writeAll(moveBackupMarker)
  const moved = await own.readAll(selectMarker)
  // Transactions of other tests hold the horizon of this server back, and none of them writes into this database.
  const [now] = await db.query<{ horizon: string }>('select pg_current_xact_id()::text as horizon')
  marker = { at: moved?.at ?? 0, horizon: now?.horizon ?? '0' }
})

const suite: Side = async (work) => await own.readAll(work)
const limits = { comparedRows: 50_000, random: () => 0.5, between: async () => {} }

/** Compares with a copy in which these statements were run. */
async function comparedWith(statements: readonly string[], more: Partial<typeof limits> = {}) {
  const client = new Client({ connectionString: db.url, types: textTypes })
  await client.connect()
  const connection = onOneConnection(client)
  const rollBack = new Error('never committed')
  let result: Awaited<ReturnType<typeof compareTables>> | undefined
  try {
    await connection.transaction({ tenantId: null, readOnly: false }, async (tx) => {
      for (const text of ['set local session_replication_role = replica', ...statements]) await client.query(text)
      result = await compareTables({ suite, copy: async (work) => await work(tx) }, marker, { ...limits, ...more })
      throw rollBack
    })
  } catch (error) {
    if (error !== rollBack) throw error
  } finally {
    await client.end()
  }
  return result ?? { tables: [], differences: ['nothing was compared'], missing: [] }
}

describe('a comparison', () => {
  it('finds nothing in a whole copy, and looks at every table', async () => {
    const { tables, differences, missing } = await comparedWith([])
    expect([differences, missing]).toEqual([[], []])
    const [counted] = await db.query<{ count: number }>(
      `select count(*)::int from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and has_table_privilege('penstock_backup', oid, 'select')`,
    )
    expect(new Set(tables.map(({ table }) => table)).size).toBe(counted?.count)
    expect(tables).toContainEqual({ table: 'insight_feedback', searched: 'copy', expected: 50, found: 50, sample: 1 })
  })

  it('finds one row that the copy lacks', async () => {
    const { differences } = await comparedWith([`delete from insight_feedback where insight_id = 'i7'`])
    expect(differences).toEqual([expect.stringMatching(/^insight_feedback: .*50 rows.* 49 of them/)])
  })

  it('finds one value that differs', async () => {
    const { differences } = await comparedWith([`update insight_feedback set rating = 4 where insight_id = 'i7'`])
    expect(differences).toHaveLength(1)
  })

  it('finds a row that cannot have left the suite', async () => {
    const { differences } = await comparedWith([`update job_run set job = 'swept' where job = 'sweep'`])
    expect(differences).toContainEqual(expect.stringMatching(/^job_run: the suite has/))
  })

  it('finds a table that the copy lacks', async () => {
    const { missing } = await comparedWith(['alter table backup_run rename to gone'])
    expect(missing).toEqual(['backup_run'])
  })

  it('does not look at what was written after the marker', async () => {
    await db.query(`update insight_feedback set rating = 5 where insight_id = 'i7'`)
    const { tables, differences } = await comparedWith([`delete from insight_feedback where insight_id = 'i7'`])
    expect(differences).toEqual([])
    expect(tables).toContainEqual(expect.objectContaining({ table: 'insight_feedback', expected: 49, found: 49 }))
  })

  it('takes a part of the blocks of a large table', async () => {
    await db.query('analyze insight_feedback')
    const { tables } = await comparedWith([], { comparedRows: 25, random: () => 0 })
    const found = tables.find(({ table }) => table === 'insight_feedback')
    expect(found).toMatchObject({ sample: 2 })
    expect(found?.expected).toBe(found?.found)
  })
})

describe('the schema', () => {
  it('differs by the object that differs', async () => {
    const facts = await own.readAll(selectSchema)
    const objects = new Map(facts.objects)
    const [name = ''] = objects.keys()
    objects.set(name, 'another')
    expect(schemaDifferences(facts, facts)).toEqual([])
    expect(schemaDifferences(facts, { ...facts, objects })).toEqual([`${name} differs`])
  })

  it('of an older copy may lack the newest migrations, and no others', async () => {
    const facts = await own.readAll(selectSchema)
    const older = { migrations: facts.migrations.slice(0, -1), objects: new Map() }
    expect(schemaDifferences(facts, older)).toEqual([])
    expect(schemaDifferences(facts, { ...older, migrations: facts.migrations.slice(1) })).toHaveLength(1)
    expect(schemaDifferences({ ...facts, migrations: [] }, older)).toHaveLength(1)
  })
})
