import { MINUTE, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import { archiveMonth } from '@penstock/shared/lifecycle/archive-month.ts'
import { monthObjectName } from '@penstock/shared/lifecycle/object-names.ts'
import { forgetBrokenRuns } from '@penstock/shared/lifecycle/record-run.ts'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type LogArchive, openLogArchive } from '../../../test/support/months/log-archive.ts'
import { passTheGate } from '../../../test/support/points/compact-everything.ts'
import type { LogPoint, LogSeries } from '../../../test/support/postgres/log-database.ts'
import { type AdminDatabase, openAdminDatabase } from '../../database/admin-database.ts'
import { OWNER } from '../../database/roles.ts'
import { reconcile } from './reconcile.ts'

const MARCH = '2026-03-01'
const at = (minutes: number): Micros => monthStart(MARCH) + minutes * MINUTE

let log: LogArchive
let series: LogSeries
let name: string
let owner: AdminDatabase
let tenantName: string

beforeAll(async () => {
  log = await openLogArchive([MARCH])
  vi.stubEnv('DATABASE_URL', log.db.url)
  owner = await openAdminDatabase({ role: OWNER, statementTimeoutMs: 0 })
  tenantName = String((await log.db.query('select name from tenant where id = $1', [log.tenant]))[0]?.['name'])
  name = monthObjectName(tenantName, MARCH)
})

afterAll(async () => {
  await owner.close()
  await log.close()
})

beforeEach(async () => {
  await log.db.query('truncate metric_log, metric_chunk, metric_hour, metric_expiry, archive, archiving, archive_next')
  for (const folder of ['metrics/', 'staging/', 'held/'])
    for await (const object of log.store.list(folder)) {
      if (object.held) await log.store.hold(object, false)
      await log.store.remove(object)
    }
  series = await log.series(1)
  await log.write(points(0, 5))
  await archive()
})

test('objects that are as they are recorded stay', async () => {
  expect(await reconciled()).toEqual([[name, 'same']])
})

test('an object that came after the moment is moved away, and the recorded one comes back from soft delete', async () => {
  const moment = await records()
  await log.write(points(5, 9))
  await archive()
  const [newer] = await records()
  await restoreTo(moment)

  expect(await reconciled()).toEqual([[name, 'restored']])

  const now = await log.objectOf(MARCH)
  expect(now && (await log.rowsOf(now))).toHaveLength(5)
  const moved = `staging/found/${newer?.['generation']}/${name}`
  expect(log.storage.names()).toEqual([name, moved])
  await forgetBrokenRuns(log.deps)
  expect(log.storage.names()).toContain(moved)
  expect(await reconciled()).toEqual([[name, 'same']])
})

test('an object of a month that was not archived at the moment is moved away, with its hold', async () => {
  const there = await log.store.stat(name)
  if (there) await log.store.hold(there, true)
  await restoreTo([])

  expect(await reconciled()).toEqual([[name, 'moved']])

  const moved = `staging/found/${there?.generation}/${name}`
  expect(log.storage.names()).toEqual([moved])
  expect(log.storage.isHeld(moved)).toBe(true)
})

test('an object that is missing for good is reported, and what has its name stays', async () => {
  await log.db.query('update archive set generation = 17, crc32c = $1', ['AAAAAA=='])

  expect(await reconciled()).toEqual([[name, 'missing']])
  expect(log.storage.names()).toContain(name)
})

test('an object that was about to be removed may be gone', async () => {
  const there = await log.store.stat(name)
  if (there) await log.store.remove(there)
  await log.db.query(`update archive set state = 'expired'`)

  expect(await reconciled()).toEqual([])
  expect(log.storage.names()).toEqual([])
})

test('an object that was removed after the moment comes back', async () => {
  const there = await log.store.stat(name)
  if (there) await log.store.remove(there)

  expect(await reconciled()).toEqual([[name, 'restored']])
  const now = await log.objectOf(MARCH)
  expect(now && (await log.rowsOf(now))).toHaveLength(5)
})

test('the recorded content in another generation is adopted', async () => {
  await log.db.query('update archive set generation = 17')

  expect(await reconciled()).toEqual([[name, 'adopted']])
  expect((await log.objectOf(MARCH))?.generation).toBe((await log.store.stat(name))?.generation)
})

test('a content that was about to come into place is left to its run', async () => {
  const moment = await records()
  await log.write(points(5, 9))
  await archive()
  const [newer] = await records()
  await restoreTo(moment)
  await log.db.query(
    `insert into archive_next (tenant_id, month, run, over_generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256)
     select tenant_id, month, gen_random_uuid(), generation, $1, min_ts, $2, $3, $4, $5 from archive`,
    ['rows', 'max_ts', 'size_bytes', 'crc32c', 'content_sha256'].map((column) => newer?.[column]),
  )

  expect(await reconciled()).toEqual([[name, 'on its way']])
  await archive()
  expect((await log.objectOf(MARCH))?.rows).toBe(9)
})

test.each(['restore', 'copy', 'stat'] as const)('a killed %s is repeated', async (call) => {
  const moment = await records()
  await log.write(points(5, 9))
  await archive()
  await restoreTo(moment)
  log.storage.fail(call, 403)

  await expect(reconciled()).rejects.toThrow()
  log.storage.clear()
  expect(await reconciled()).toEqual([[name, 'restored']])
})

test('a restored database archives nothing before it was compared', async () => {
  await log.db.query('update store_state set reconciled_timeline = 0')
  await log.write(points(5, 9))

  await expect(archive()).rejects.toThrow('run penstock archive reconcile')
  await reconciled()
  await archive()
  expect((await log.objectOf(MARCH))?.rows).toBe(9)
})

const points = (from: number, to: number): LogPoint[] =>
  Array.from({ length: to - from }, (_, i) => [series, at(from + i), from + i])

async function archive(): Promise<void> {
  await passTheGate(log.deps.db)
  await archiveMonth(log.deps, { tenantId: log.tenant, month: MARCH })
}

async function reconciled(): Promise<(readonly [string, string])[]> {
  const tenants = [{ id: log.tenant, name: tenantName }]
  const results = await reconcile({ db: owner, store: log.store, tenants, renew: async () => {} })
  return results.map((one) => [one.name, one.done])
}

const records = async () =>
  await log.db.query<Record<string, unknown>>('select * from archive where removed_at is null')

/** Puts the records back, like a restore of the database to that moment. */
async function restoreTo(rows: readonly Record<string, unknown>[]): Promise<void> {
  await log.db.query('delete from archive')
  for (const row of rows)
    await log.db.query(
      `insert into archive overriding system value select * from jsonb_populate_record(null::archive, $1::jsonb)`,
      [JSON.stringify({ ...row, content_sha256: `\\x${(row['content_sha256'] as Buffer).toString('hex')}` })],
    )
}
