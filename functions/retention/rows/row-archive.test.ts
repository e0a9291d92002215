import { type ArchiveStore, openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { BACKFILL_JOBS, FEEDBACK } from '@penstock/shared/archive/row-datasets.ts'
import { readRowParquet } from '@penstock/shared/archive/row-parquet.ts'
import { crc32c, crc32cText } from '@penstock/shared/base/crc32c.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../../../test/support/google/storage.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import type { PolicyDeps } from '../policy.ts'
import { archiveRows } from './row-archive.ts'

let db: TestDatabase
let database: PenstockDatabase
let storage: TestStorage
let store: ArchiveStore
let tenant: number
beforeAll(async () => {
  db = await createTestDatabase()
  database = db.openAs('retention')
  tenant = await createTenant(db, 'acme')
})
afterAll(async () => await db.drop())

async function begin(): Promise<void> {
  storage = await createTestStorage()
  store = openArchiveStore({ bucket: TEST_BUCKET, endpoint: storage.url }, { attempts: 1 })
}
beforeAll(begin)
afterEach(async () => {
  await db.query('truncate insight_feedback, archive, archive_hold')
  await storage.close()
  await begin()
})
afterAll(async () => await storage.close())

const CUTOFF = Date.parse('2024-11-20T02:00:00Z') * 1000
const call = { cutoff: CUTOFF, dryRun: false, deadline: Number.POSITIVE_INFINITY, renew: async () => {} }
const depsWith = (limits: Partial<PolicyDeps['limits']> = {}, over: Partial<PolicyDeps> = {}): PolicyDeps => ({
  db: database,
  store,
  now: () => 0,
  days: {
    hot: 90,
    cold: 365,
    feedback: 730,
    backfill: 180,
    audit: 400,
    rollups: 1826,
    aged: { DEAD_LETTER_DAYS: 90, JOB_RUN_DAYS: 400 },
  },
  limits: { batchRows: 10, objectRows: 10, deleteRows: 4, ...limits },
  ...over,
})

async function addFeedback(updatedAt: string, count = 1, of = tenant): Promise<void> {
  await db.query(
    `insert into insight_feedback (tenant_id, insight_id, user_id, rating, comment, created_at, updated_at)
     select $1, 'insight ' || $2::text, 'user ' || i, 1 + i % 5, nullif('ü' || i, 'ü3'), $2::text::timestamptz - interval '1 hour', $2::text::timestamptz
     from generate_series(1, $3) i`,
    [of, updatedAt, count],
  )
}
const left = async (): Promise<number> =>
  (await db.query<{ count: number }>('select count(*)::int as count from insight_feedback'))[0]?.count ?? -1
const objects = async () =>
  await db.query<{ name: string; generation: string; rows: string; state: string; size_bytes: string; month: string }>(
    'select name, generation, rows, state, size_bytes, month::text from archive order by id',
  )
async function archived(from = store): Promise<string[]> {
  const found: string[] = []
  for (const { name, generation, size_bytes } of await objects()) {
    const bytes = await from.readRange({ name, generation }, 0, Number(size_bytes))
    for (const row of await readRowParquet(FEEDBACK.columns, bytes))
      found.push(`${String(row['insight_id'])}/${String(row['user_id'])}`)
  }
  return found
}

describe('old rows', () => {
  it('are in objects, by tenant and month, and in the table no more', async () => {
    const other = await createTenant(db, 'other')
    await addFeedback('2024-11-20 01:59:59.999999+00', 3)
    await addFeedback('2024-10-31 23:59:59+00', 2)
    await addFeedback('2024-11-01 00:00:00+00', 1, other)
    await addFeedback('2024-11-20 02:00:00+00', 4)
    const { uris, ...counts } = await archiveRows(depsWith(), call, FEEDBACK)
    expect(counts).toEqual({ archived: 6, deleted: 6, more: false })
    expect(await left()).toBe(4)
    const found = await objects()
    expect(found.map(({ name, rows, state }) => [name.replace(/[0-9a-f]{64}/, '…'), rows, state])).toEqual([
      ['feedback/tenant=acme/month=2024-10-01/part-….parquet', '2', 'verified'],
      ['feedback/tenant=other/month=2024-11-01/part-….parquet', '1', 'verified'],
      ['feedback/tenant=acme/month=2024-11-01/part-….parquet', '3', 'verified'],
    ])
    expect(uris).toEqual(found.map(({ name }) => `gs://${TEST_BUCKET}/${name}`))
  })

  it('are archived whole, to the microsecond', async () => {
    await addFeedback('2024-02-29 12:34:56.789012+00')
    const [before] = await db.query<{ id: string }>('select id from insight_feedback')
    await archiveRows(depsWith(), call, FEEDBACK)
    const [object] = await objects()
    const bytes = await store.readRange(object ?? { name: '', generation: '' }, 0, Number(object?.size_bytes))
    const updated = Date.parse('2024-02-29T12:34:56.789Z') * 1000 + 12
    expect(await readRowParquet(FEEDBACK.columns, bytes)).toEqual([
      {
        id: before?.id,
        insight_id: 'insight 2024-02-29 12:34:56.789012+00',
        user_id: 'user 1',
        rating: 2n,
        comment: 'ü1',
        flag_type: null,
        flag_reason: null,
        created_at: updated - 3_600_000_000,
        updated_at: updated,
      },
    ])
  })

  it('of a month that are many are in several objects, each row in one', async () => {
    await addFeedback('2024-11-01 00:00:00+00', 25)
    expect(await archiveRows(depsWith(), call, FEEDBACK)).toMatchObject({ archived: 25, deleted: 25 })
    expect((await objects()).map(({ rows }) => rows)).toEqual(['10', '10', '5'])
    expect(new Set(await archived()).size).toBe(25)
  })

  it('are only counted by a dry run', async () => {
    await addFeedback('2024-11-01 00:00:00+00', 12)
    const counted = await archiveRows(depsWith(), { ...call, dryRun: true }, FEEDBACK)
    expect(counted).toEqual({ archived: 12, deleted: 12, more: false })
    expect([await left(), await objects(), storage.calls]).toEqual([12, [], []])
  })

  it('wait for the next run when the time is over', async () => {
    await addFeedback('2024-11-01 00:00:00+00', 25)
    let time = 0
    const ticking = depsWith({}, { now: () => time++ })
    expect(await archiveRows(ticking, { ...call, deadline: 1 }, FEEDBACK)).toMatchObject({ archived: 10, more: true })
    expect(await archiveRows(depsWith(), call, FEEDBACK)).toMatchObject({ archived: 15, more: false })
  })

  it('on hold stay, and go when the hold is released', async () => {
    await addFeedback('2024-10-01 00:00:00+00', 1)
    await addFeedback('2024-10-02 00:00:00+00', 1)
    await db.query(
      `insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by)
       values ($1, 'feedback', '2024-10-02Z', '2024-10-03Z', 'case 7', 'counsel')`,
      [tenant],
    )
    expect(await archiveRows(depsWith(), call, FEEDBACK)).toMatchObject({ archived: 1, deleted: 1, more: false })
    await db.query(`update archive_hold set released_at = now(), released_by = 'counsel'`)
    expect(await archiveRows(depsWith(), call, FEEDBACK)).toMatchObject({ archived: 1, deleted: 1 })
  })
})

describe('backfill jobs', () => {
  it('go when they ended long ago, with their leases; those that run stay, however old', async () => {
    await db.query(
      `insert into backfill_job (tenant_id, id, job_type, start_block, end_block, current_block, status, progress_percentage, started_at, completed_at)
       select $1, gen_random_uuid(), 'blocks', 0, 9223372036854775807, 5, status, 33.3, '2020-01-01Z', ended::timestamptz
       from (values ('completed', '2024-11-20 01:59:59.999999Z'), ('failed', '2024-11-20 02:00:00Z'), ('running', null)) job (status, ended)`,
      [tenant],
    )
    await db.query(
      `insert into backfill_lease (tenant_id, job_id, start_block, end_block, state, fencing_token, worker, lease_seconds, expires_at)
       select tenant_id, id, 0, 5, 'done', 1, 'w', 60, now() from backfill_job`,
    )
    expect(await archiveRows(depsWith(), call, BACKFILL_JOBS)).toMatchObject({ archived: 1, deleted: 1, more: false })
    const left = await db.query(
      'select j.status from backfill_job j join backfill_lease l on l.job_id = j.id order by 1',
    )
    expect(left).toEqual([{ status: 'failed' }, { status: 'running' }])
    const [object] = await objects()
    const bytes = await store.readRange(object ?? { name: '', generation: '' }, 0, Number(object?.size_bytes))
    expect(await readRowParquet(BACKFILL_JOBS.columns, bytes)).toMatchObject([
      { status: 'completed', end_block: 2n ** 63n - 1n, progress_percentage: 33.3, version: 1n, created_by: null },
    ])
    await db.query('truncate backfill_job cascade')
  })
})

describe('a row that changes', () => {
  it('after it was archived stays, as it is now', async () => {
    await addFeedback('2024-11-01 00:00:00+00', 3)
    const change = `update insight_feedback set rating = 1, updated_at = now() where user_id = 'user 2'`
    const interfering: ArchiveStore = {
      ...store,
      async readRange(...object) {
        await db.query(change)
        return await store.readRange(...object)
      },
    }
    const done = await archiveRows(depsWith({}, { store: interfering }), call, FEEDBACK)
    expect(done).toMatchObject({ archived: 3, deleted: 2, more: false })
    expect(await db.query('select user_id, rating from insight_feedback')).toEqual([{ user_id: 'user 2', rating: 1 }])
  })
})

describe('an object that is not what was written', () => {
  it.each([
    ['cut short', 'truncate'],
    ['changed', 'corrupt'],
  ] as const)('because its download is %s costs no row', async (_, kind) => {
    await addFeedback('2024-11-01 00:00:00+00', 3)
    storage.onCall = (asked) => (asked === 'read' ? kind : undefined)
    await expect(archiveRows(depsWith(), call, FEEDBACK)).rejects.toThrow()
    expect([await left(), (await objects())[0]?.state]).toEqual([3, 'written'])
    storage.onCall = () => undefined
    expect(await archiveRows(depsWith(), call, FEEDBACK)).toMatchObject({ deleted: 3, uris: [] })
    expect((await objects()).map(({ state }) => state)).toEqual(['verified'])
  })
})

describe('a run that is cut off', () => {
  it('anywhere is gone on with by the next: every row is in one object, and none in the table', async () => {
    const memory = memoryStore()
    const small = { objectRows: 3, deleteRows: 2 }
    for (let cut = 1; ; cut++) {
      await addFeedback('2024-10-01 00:00:00+00', 5)
      let steps = 0
      const counted = async <T>(work: () => Promise<T>): Promise<T> => {
        const result = await work()
        if (++steps === cut) throw new Error('cut off')
        return result
      }
      const cutting: PolicyDeps = depsWith(small, {
        db: aroundUnits(database, async (run, work) => await counted(async () => await run(work))),
        store: {
          ...memory,
          put: async (...object) => await counted(async () => await memory.put(...object)),
          readRange: async (...object) => await counted(async () => await memory.readRange(...object)),
        },
      })
      const first = await archiveRows(cutting, call, FEEDBACK).catch(() => undefined)
      await archiveRows(depsWith(small, { store: memory }), call, FEEDBACK)
      const found = await archived(memory)
      expect([cut, found.length, new Set(found).size, await left()]).toEqual([cut, 5, 5, 0])
      await db.query('truncate archive')
      if (first) {
        expect(cut).toBeGreaterThan(15)
        return
      }
    }
  })
})

/** Objects that are written once; the loop above would spend its time on connections otherwise. */
function memoryStore(): ArchiveStore {
  const kept = new Map<string, Uint8Array>()
  return {
    ...store,
    async put(name, body) {
      const pieces: Uint8Array[] = []
      for await (const piece of body()) pieces.push(piece)
      const bytes = kept.get(name) ?? new Uint8Array(Buffer.concat(pieces))
      kept.set(name, bytes)
      return { name, generation: '1', size: bytes.length, crc32c: crc32cText(crc32c(bytes)), held: false }
    },
    readRange: async ({ name }, start, end) => kept.get(name)?.slice(start, end) ?? new Uint8Array(),
  }
}
