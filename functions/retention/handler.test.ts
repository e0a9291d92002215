import { promisify } from 'node:util'
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { logger } from '@penstock/shared/base/logger.ts'
import { busy } from '@penstock/shared/base/problem.ts'
import { openDatabase, type PenstockDatabase } from '@penstock/shared/database/database.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { agingTables } from '@penstock/shared/schema/aging.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../../test/support/google/storage.ts'
import { monthLimits } from '../../test/support/months/archived-months.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { type RetentionDeps, reopen, run } from './handler.ts'

let db: TestDatabase
let storage: TestStorage
let database: PenstockDatabase
let tenant: number
beforeAll(async () => {
  db = await createTestDatabase()
  storage = await createTestStorage()
  database = openDatabase('retention', config())
  tenant = await createTenant(db)
})
afterAll(async () => {
  await database.close()
  await db.drop()
  await storage.close()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await db.query('truncate idempotency_key, dead_letter, job_run')
})

const config = () => ({ url: db.urlOf('retention'), ca: undefined, inCloud: false })
const NOW = Date.parse('2026-11-20T02:00:00Z')
const days = {
  hot: 90,
  cold: 365,
  feedback: 730,
  backfill: 180,
  audit: 400,
  rollups: 1826,
  aged: { DEAD_LETTER_DAYS: 90, JOB_RUN_DAYS: 400 },
}
const depsWith = (over: Partial<RetentionDeps> = {}, limits: Partial<RetentionDeps['limits']> = {}): RetentionDeps => ({
  db: database,
  store: openArchiveStore({ bucket: TEST_BUCKET, endpoint: storage.url }, { attempts: 1 }),
  now: () => NOW,
  pause: promisify(setTimeout),
  days,
  limits: {
    ...monthLimits,
    runMs: 60_000,
    batchRows: 10,
    objectRows: 10,
    deleteRows: 4,
    idleHours: 24,
    countedSeries: 100,
    leaseMs: 60_000,
    pollMs: 10,
    ...limits,
  },
  ...over,
})
const byHand = { scheduleTime: undefined, waitMs: 5_000 }
const scheduled = { ...byHand, scheduleTime: '2026-11-20T02:00:00.000000Z' }

async function addKeys(expiresAt: string, count = 1): Promise<void> {
  await db.query(
    `insert into idempotency_key (tenant_id, key, payload_sha256, verdicts, expires_at)
     select $1, $2 || i, sha256(''), '{}', $2::timestamptz from generate_series(1, $3) i`,
    [tenant, expiresAt, count],
  )
}
const countOf = async (table: string): Promise<number> =>
  (await db.query<{ count: number }>(`select count(*)::int as count from ${table}`))[0]?.count ?? -1

describe('a run', () => {
  it('deletes keys that have expired, of every tenant, a batch at a time, and no other', async () => {
    await addKeys('2026-11-20T01:59:59.999999Z', 25)
    await addKeys('2026-11-20T02:00:00Z', 2)
    const { status, more, results } = await run(depsWith(), byHand, {})
    expect([status, more]).toEqual(['success', false])
    expect(results.idempotency_keys).toEqual({ deleted_count: 25, cutoff_date: '2026-11-20T02:00:00.000000Z' })
    expect(await countOf('idempotency_key')).toBe(2)
  })

  it('deletes dead letters that are old, those of no tenant too', async () => {
    const add = `insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload, received_at)
      values ($1, 'pubsub', $2, 'malformed', '', 'text/plain', '', $2::text::timestamptz)`
    for (const at of ['2026-08-22T01:59:59.999999Z', '2026-08-22T02:00:00Z']) {
      await db.query(add, [tenant, at])
      await db.query(add, [null, at])
    }
    const { results } = await run(depsWith(), byHand, {})
    expect(results.dead_letters).toEqual({ deleted_count: 2, cutoff_date: '2026-08-22T02:00:00.000000Z' })
    expect(await countOf('dead_letter')).toBe(2)
  })

  it('deletes rows that clients deleted long ago, with the rows that belong to them', async () => {
    const project = `insert into production_project (tenant_id, owner, name, deleted_at) values ($1, 'ann', 'P', $2) returning id`
    for (const at of ['2026-10-21T01:59:59Z', '2026-10-21T02:00:00Z', null]) {
      const [made] = await db.query<{ id: string }>(project, [tenant, at])
      await db.query(
        `insert into production_shot (tenant_id, owner, id, project_id, title, deleted_at) values ($1, 'ann', gen_random_uuid()::text, $2, 'S', $3)`,
        [tenant, made?.id, at],
      )
    }
    const { results } = await run(depsWith(), byHand, { policies: ['deleted_rows'] })
    expect(results.deleted_rows.cutoff_date).toBe('2026-10-21T02:00:00.000000Z')
    expect([await countOf('production_project'), await countOf('production_shot')]).toEqual([2, 2])
  })

  it('deletes records of old runs, but the newest success of each job', async () => {
    await db.query(
      `insert into job_run (job, started_at, lease_until, finished_at, outcome)
       select job, at, at, at, outcome from (values
         ('a', timestamptz '2024-01-01Z', 'success'), ('a', '2024-01-02Z', 'success'), ('a', '2024-01-03Z', 'failed'),
         ('b', '2024-01-01Z', 'success'), ('b', '2026-11-01Z', 'success')) run (job, at, outcome)`,
    )
    const { results } = await run(depsWith(), byHand, {})
    expect(results.job_runs.deleted_count).toBe(3)
    const left = await db.query(`select job, started_at from job_run where job <> 'retention' order by job, id`)
    expect(left).toEqual([
      { job: 'a', started_at: '2024-01-02 00:00:00+00' },
      { job: 'b', started_at: '2026-11-01 00:00:00+00' },
    ])
  })

  it('answers the whole contract, with zeros and nulls for what was not asked for', async () => {
    await addKeys('2026-11-01Z')
    const answer = await run(depsWith(), byHand, { policies: ['dead_letters'] })
    const nothing = { archived_count: 0, deleted_count: 0, archive_uri: null, archive_uris: [], cutoff_date: null }
    expect(answer).toEqual({
      status: 'success',
      message: 'Retention policies executed successfully',
      more: false,
      results: {
        execution_time: '2026-11-20T02:00:00.000000Z',
        audit: nothing,
        backfill_jobs: nothing,
        feedback: nothing,
        metrics_archive: { archived_count: 0, archive_uris: [], cutoff_date: null },
        metrics_delete: { deleted_count: 0, cutoff_date: null },
        archive_expire: { deleted_count: 0, cutoff_date: null },
        rollups: { deleted_count: 0, cutoff_date: null },
        ...Object.fromEntries(agingTables.map(({ policy }) => [policy, { deleted_count: 0, cutoff_date: null }])),
        dead_letters: { deleted_count: 0, cutoff_date: '2026-08-22T02:00:00.000000Z' },
      },
    })
    expect(await countOf('idempotency_key')).toBe(1)
  })

  it('is a record with what it did', async () => {
    await addKeys('2026-11-01Z', 3)
    const answer = await run(depsWith(), scheduled, {})
    expect(await db.query('select job, outcome, result from job_run')).toEqual([
      { job: 'retention', outcome: 'success', result: answer },
    ])
  })

  it('begins nothing new when its time is over, says that more is left, and the next run goes on', async () => {
    await addKeys('2026-11-01Z', 35)
    // Each look at the clock is a second later.
    let time = NOW
    const first = await run(depsWith({ now: () => (time += 1_000) }, { runMs: 3_500 }), byHand, {})
    expect(first).toMatchObject({ status: 'success', more: true })
    expect(await countOf('idempotency_key')).toBe(5)
    expect(await run(depsWith(), byHand, {})).toMatchObject({ more: false })
    expect(await countOf('idempotency_key')).toBe(0)
  })
})

describe('a dry run', () => {
  it('says what would be deleted, deletes nothing, and is no run of the job', async () => {
    await addKeys('2026-11-01Z', 12)
    const answer = await run(depsWith(), scheduled, { dry_run: true })
    expect(answer).toMatchObject({ status: 'success', message: 'Dry run: nothing was changed', more: false })
    expect(answer.results.idempotency_keys.deleted_count).toBe(12)
    expect([await countOf('idempotency_key'), await countOf('job_run')]).toEqual([12, 0])
  })
})

describe('a policy that fails', () => {
  it('stops no other, makes the run partial, and is tried again at the same schedule time', async () => {
    await addKeys('2026-11-01Z')
    await db.query('revoke delete on dead_letter from penstock_retention')
    const error = vi.spyOn(logger, 'error')
    await db.query(
      `insert into dead_letter (source, message_id, reason, detail, content_type, payload, received_at)
       values ('pubsub', '1', 'malformed', '', 'text/plain', '', '2026-01-01Z')`,
    )
    const failed = await run(depsWith(), scheduled, {})
    expect(failed).toMatchObject({ status: 'partial', message: 'Policies that failed: dead_letters' })
    expect(failed.results.dead_letters.error).toBe(
      'It could not be finished: an unexpected error (42501) stopped it. The details are in the log.',
    )
    expect(failed.results.idempotency_keys.deleted_count).toBe(1)
    expect(error.mock.calls).toEqual([[{ err: expect.any(Error), policy: 'dead_letters' }, 'retention.failed']])

    await db.query('grant delete on dead_letter to penstock_retention')
    const mended = await run(depsWith(), scheduled, {})
    expect(mended).toMatchObject({ status: 'success', results: { dead_letters: { deleted_count: 1 } } })
    expect(await run(depsWith(), scheduled, {})).toEqual(mended)
  })

  it('for want of a database is the run’s, which is refused, and done at the next attempt', async () => {
    await addKeys('2026-11-01Z')
    const lost = busy('The database is temporarily unavailable.', Object.assign(new Error(), { code: '57P01' }))
    let units = 0
    // The sixth unit is in the middle of the policies.
    const flaky = aroundUnits(database, async (unit, work) => {
      if (++units === 6) throw lost
      return await unit(work)
    })
    await expect(run(depsWith({ db: flaky }), scheduled, {})).rejects.toBe(lost)
    expect(await run(depsWith(), scheduled, {})).toMatchObject({ status: 'success' })
  })
})

describe('two runs at once', () => {
  it('do the work once, and both succeed', async () => {
    await addKeys('2026-11-01Z', 45)
    const answers = await Promise.all([run(depsWith(), byHand, {}), run(depsWith(), byHand, {})])
    expect(new Set(answers.map(({ results }) => results.idempotency_keys.deleted_count))).toEqual(new Set([0, 45]))
  })

  it('of which one was taken for dead: it stops where it learns that', async () => {
    await addKeys('2026-11-01Z', 45)
    const stolen = aroundUnits(database, async (unit, work) => {
      const result = await unit(work)
      if ((await countOf('idempotency_key')) === 35)
        await db.query(`update job_run set finished_at = now(), outcome = 'failed' where finished_at is null`)
      return result
    })
    await expect(run(depsWith({ db: stolen }), byHand, {})).rejects.toThrow('lost its lease')
    expect(await countOf('idempotency_key')).toBe(35)
  })
})

describe('reopening', () => {
  it('of a month that is not archived is 404, and the job goes on', async () => {
    await expect(reopen(depsWith(), 1_000, '2014-04-01')).rejects.toMatchObject({ kind: { status: 404 } })
    expect((await run(depsWith(), byHand, { policies: ['dead_letters'] })).status).toBe('success')
  })

  it('waits for a run that is under way, no longer than it is told to', async () => {
    await db.query(`insert into job_run (job, lease_until) values ('retention', now() + interval '1 hour')`)
    let time = NOW
    const deps = depsWith({ now: () => (time += 100) })
    await expect(reopen(deps, 1_000, '2014-04-01')).rejects.toMatchObject({ kind: { status: 503 } })
  })
})
