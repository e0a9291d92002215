// A verification from its first step to its last, on a server of its own and the local Cloud SQL: a backup, a restored server, an export.
import { setTimeout as sleep } from 'node:timers/promises'
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { copyOpener } from '@penstock/shared/database/restored-copy.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createTestSqlAdmin, type TestSqlAdmin } from '../../test/support/google/sql-admin.ts'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../../test/support/google/storage.ts'
import { createServerOfItsOwn, createTenant, type TestDatabase } from '../../test/support/postgres/database.ts'
import { openSqlAdmin } from './cloud/sql-admin.ts'
import { configOf } from './config.ts'
import type { BackupDeps } from './deps.ts'
import { cleanUp, proceed, readHistory, readStatus, runExport, runVerification } from './handler.ts'

const call = { scheduleTime: undefined, waitMs: 5_000 }
let db: TestDatabase
let own: PenstockDatabase
let storage: TestStorage
let service: TestSqlAdmin
let deps: BackupDeps
/** Statements that change each restored copy before it is compared. */
let spoil: readonly string[] = []

beforeAll(async () => {
  db = await createServerOfItsOwn()
  // A server of its own has roles without passwords.
  await db.query(`alter role penstock_backup password '${inject('rolePassword')}'`)
  own = db.openAs('backup')
  storage = await createTestStorage()
  service = await createTestSqlAdmin(db.url, storage.url)
  const given = {
    BACKED_UP_INSTANCE: 'local:penstock-db',
    BACKUP_BUCKET: TEST_BUCKET,
    BACKUP_EXPORT_DAYS: 30,
    BACKUP_TEST_PREFIX: 'penstock-verify-',
    BACKUP_TAKE_HOURS: 0,
    BACKUP_ADMIN_ENDPOINT: service.url,
    ARCHIVE_STORAGE_ENDPOINT: storage.url,
    GCE_METADATA_HOST: '127.0.0.1:1',
    BACKUP_RUN_SECONDS: 60,
    BACKUP_WAIT_SECONDS: 5,
    BACKUP_ASK_MS: 50,
  }
  const { place, limits, adminEndpoint: endpoint, metadataHost } = configOf(given, 'local')
  const onCopy = copyOpener('backup', { url: db.urlOf('backup'), ca: undefined, inCloud: false })
  deps = {
    db: own,
    now: Date.now,
    pause: async (ms) => await sleep(ms),
    admin: openSqlAdmin({ project: 'local', instance: 'penstock-db', endpoint, metadataHost, now: Date.now }),
    store: openArchiveStore({ bucket: TEST_BUCKET, endpoint: storage.url }),
    onCopy: (at, longestMs) => async (work) => {
      await spoilCopy(at.address)
      return await onCopy(at, longestMs)(work)
    },
    random: Math.random,
    place,
    limits,
  }
  const tenant = await createTenant(db, 'default')
  await db.query(
    `insert into insight_feedback (tenant_id, insight_id, user_id, rating) select $1, 'i' || n, 'u', 3 from generate_series(1, 20) n`,
    [tenant],
  )
})
afterAll(async () => {
  await service.close()
  await storage.close()
  await db.drop()
})
beforeEach(() => {
  spoil = []
})

async function spoilCopy(address: string): Promise<void> {
  const url = new URL(db.url)
  url.hostname = address.includes(':') ? `[${address}]` : address
  const client = new Client({ connectionString: url.href })
  await client.connect()
  for (const text of ['set session_replication_role = replica', ...spoil]) await client.query(text)
  await client.end()
}

const instances = async () => (await deps.admin?.instances())?.map(({ name }) => name)

describe('a verification', () => {
  it('restores the backup that it took, finds it whole, and leaves nothing behind', async () => {
    const answer = await runVerification(deps, call, {})
    expect(answer).toMatchObject({ status: 'success', error: null, instance_name: 'penstock-db' })
    expect(answer.steps.map(({ step, status }) => `${step} ${status}`)).toEqual([
      'get_latest_backup success',
      'create_test_instance success',
      'wait_for_ready success',
      'verify_integrity success',
      'cleanup success',
    ])
    expect(answer.checks).toMatchObject({ instance_accessible: true, schema_matches: true, checksums_match: true })
    expect(await instances()).toEqual(['penstock-db'])
    expect(await readStatus(deps)).toMatchObject({
      latest_verification: { verification_id: answer.verification_id },
      latest_backup: { id: answer.backup_id },
    })
  })

  it('finds one row less in the restored copy, deletes the copy, and keeps the failure', async () => {
    spoil = [`delete from insight_feedback where insight_id = 'i7'`]
    const answer = await runVerification(deps, call, {})
    expect(answer).toMatchObject({ status: 'failed', checks: { checksums_match: false, row_counts_match: true } })
    expect(answer.error).toMatch(/insight_feedback: the suite has 20 rows .* has 19 of them/)
    expect(await instances()).toEqual(['penstock-db'])
    expect((await readHistory(deps, 1)).verifications).toMatchObject([{ status: 'failed' }])
  })

  it('that has no time left goes on in the next call', async () => {
    const hasty = { ...deps, limits: { ...deps.limits, runMs: 0 } }
    const begun = await runVerification(hasty, call, {})
    expect(begun.status).toBe('in_progress')
    const continued = await proceed(deps, call)
    expect(continued).toEqual({ status: 'success', resumed: ['verification'] })
    expect((await readHistory(deps, 1)).verifications).toMatchObject([
      { verification_id: begun.verification_id, status: 'success' },
    ])
    expect(await proceed(deps, call)).toEqual({ status: 'success', resumed: [] })
  })

  it('is refused for another instance, and without one', async () => {
    await expect(runVerification(deps, call, { instance_name: 'other' })).rejects.toMatchObject({
      kind: { status: 422 },
    })
    await expect(runVerification({ ...deps, admin: undefined }, call, {})).rejects.toMatchObject({
      kind: { status: 409 },
    })
  })
})

describe('an export', () => {
  it('is an object with its checksum, and the next one is another', async () => {
    const [first, second] = [await runExport(deps, call, {}), await runExport(deps, call, {})]
    expect([first.status, second.status]).toEqual(['success', 'success'])
    expect(first.uri).not.toBe(second.uri)
    expect(storage.names()).toHaveLength(2)
    expect(first.bytes).toBe(storage.read(storage.names().find((name) => first.uri?.endsWith(name)) ?? '').length)
  })
})

describe('cleaning up', () => {
  it('deletes a test instance that is older than any run, and no other one', async () => {
    const own = await deps.admin?.instance('penstock-db')
    if (own) for (const name of ['penstock-verify-old', 'another']) await deps.admin?.createInstance(name, own)
    expect((await cleanUp(deps)).removed).toEqual([])
    const later = { ...deps, now: () => Date.now() + deps.limits.longestMs + 1_000 }
    while ((await cleanUp(later)).removed.length > 0) await sleep(20)
    expect(await instances()).toEqual(['penstock-db', 'another'])
  })
})
