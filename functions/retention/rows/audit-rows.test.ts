// Old entries of the audit log, on a real server.

import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { AUDIT } from '@penstock/shared/archive/row-datasets.ts'
import { readRowParquet } from '@penstock/shared/archive/row-parquet.ts'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../../../test/support/google/storage.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import type { PolicyDeps } from '../policy.ts'
import { archiveAudit } from './audit-rows.ts'

let db: TestDatabase
let client: Client
let storage: TestStorage
let deps: PolicyDeps
let acme: number
beforeAll(async () => {
  db = await createTestDatabase()
  client = await db.connect()
  storage = await createTestStorage()
  acme = await createTenant(db, 'acme')
  await createTenant(db, 'penstock')
  deps = {
    db: db.openAs('retention'),
    store: openArchiveStore({ bucket: TEST_BUCKET, endpoint: storage.url }, { attempts: 1 }),
    now: () => 0,
    days: { hot: 1, cold: 1, feedback: 1, backfill: 1, audit: 400, rollups: 1, aged: {} },
    limits: { batchRows: 10, objectRows: 10, deleteRows: 4 },
  }
  await client.query('set session_replication_role = replica')
  await client.query('delete from audit_entry')
})
afterAll(async () => {
  await client.end()
  await db.drop()
  await storage.close()
})

const CUTOFF = Date.parse('2026-01-10T00:00:00Z') * 1000
const call = { cutoff: CUTOFF, dryRun: false, deadline: Number.POSITIVE_INFINITY, renew: async () => {} }

/** Adds an entry of a transaction, and a seal over the transactions up to it. */
async function seal(id: number, at: string, tenants: readonly (number | null)[]): Promise<void> {
  for (const tenant of tenants)
    await client.query(
      `insert into audit_entry (tenant_id, at, xid, actor, action, object_type, object_id, after)
       values ($1, $2, $3::text::xid8, 'key:abc', 'api_key.create', 'api_key', 'k', '{"n": 9223372036854775807}')`,
      [tenant, at, String(id * 10)],
    )
  await client.query(
    `insert into audit_seal (id, era, from_xid, to_xid, rows, first_at, last_at, parts, root_sha256, previous_sha256)
     values ($1::bigint, 0, $2::text::xid8, $3::text::xid8, $4, $5, $5, sha256('p'), sha256('r'), case when $1::bigint > 1 then sha256('s') end)`,
    [id, String(id * 10 - 5), String(id * 10 + 5), tenants.length, at],
  )
}

it('leave by whole seals, to the archive of their tenant or of the suite, without an entry for each', async () => {
  const GONE = 9_999
  await seal(1, '2026-01-01T00:00:00Z', [acme, acme, null])
  await seal(2, '2026-01-02T00:00:00Z', [GONE])
  // The third seal has an entry that is not old, so its other one stays too.
  await seal(3, '2026-01-09T00:00:00Z', [acme])
  await client.query(`update audit_seal set last_at = '2026-01-11T00:00:00Z' where id = 3`)
  await seal(4, '2026-01-03T00:00:00Z', [acme])
  expect(await archiveAudit(deps, { ...call, dryRun: true })).toMatchObject({ archived: 4, deleted: 4 })
  const { uris = [], ...done } = await archiveAudit(deps, call)
  expect(done).toEqual({ archived: 4, deleted: 4, more: false })
  expect(uris.map((uri) => uri.replace(/[0-9a-f]{64}/, '…').replace(`gs://${TEST_BUCKET}/`, '')).toSorted()).toEqual([
    'audit/tenant=acme/month=2026-01-01/part-….parquet',
    'audit/tenant=penstock/month=2026-01-01/part-….parquet',
  ])
  const left = await client.query<{ xid: string }>('select xid::text from audit_entry order by 1')
  expect(left.rows.map(({ xid }) => xid)).toEqual(['30', '40'])
  const rows = []
  for (const uri of uris) {
    const object = await deps.store.stat(uri.replace(`gs://${TEST_BUCKET}/`, ''))
    if (!object) throw new Error(`there is no ${uri}`)
    rows.push(...(await readRowParquet(AUDIT.columns, await deps.store.readRange(object, 0, object.size))))
  }
  const tenants = rows.map((row) => String(row['tenant_id']))
  expect(tenants).toHaveLength(4)
  expect(tenants).toEqual(expect.arrayContaining([String(acme), String(GONE), 'null']))
  expect(rows.every((row) => row['after'] === '{"n": 9223372036854775807}')).toBe(true)
})

it('that no seal contains stay, and verification learns from when on entries are there', async () => {
  await client.query(`delete from audit_seal`)
  expect(await archiveAudit(deps, call)).toMatchObject({ archived: 0, deleted: 0 })
  const { rows } = await client.query<{ kept: boolean }>(
    `select from_at = '2026-01-10T00:00:00Z' as kept from audit_kept`,
  )
  expect(rows).toEqual([{ kept: true }])
})
