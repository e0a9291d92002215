import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { readMetricParquet } from '@penstock/shared/archive/metric-parquet-reader.ts'
import { FEEDBACK } from '@penstock/shared/archive/row-datasets.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { archiveRows } from '../functions/retention/rows/row-archive.ts'
import { archiveStored } from '../functions/retention/stored/stored-months.ts'
import { eraseSeries } from '../scripts/data/erase/series.ts'
import { refreshStatistics, withErasure } from '../scripts/data/erase/session.ts'
import { eraseTenant } from '../scripts/data/erase/tenant.ts'
import { createTestStorage, TEST_BUCKET, type TestStorage } from './support/google/storage.ts'
import { type ArchivedMonths, openArchivedMonths } from './support/months/archived-months.ts'
import { passTheGate } from './support/points/compact-everything.ts'

// Found in no file when they were erased.
const GONE_TENANT = 'tenant-zqx-gone'
const GONE_SERVICE = 'service-zqx-gone'
const GONE_LABEL = 'label-zqx-gone'
const GONE_USER = 'user-zqx-gone'
const KEPT = 'kept-zqx-service'
const CUT = 'cut-zqx-service'

let months: ArchivedMonths
let storage: TestStorage
let gone: number
let kept: number
const call = {
  cutoff: Date.parse('2026-03-01T00:00:00Z') * 1000,
  dryRun: false,
  deadline: Infinity,
  renew: async () => {},
}

beforeAll(async () => {
  months = await openArchivedMonths()
  storage = await createTestStorage()
  vi.stubEnv('DATABASE_URL', months.db.url)
  vi.stubEnv('ARCHIVE_BUCKET', TEST_BUCKET)
  vi.stubEnv('ARCHIVE_STORAGE_ENDPOINT', storage.url)
  gone = await months.tenant(GONE_TENANT)
  kept = await months.tenant('stays')
  for (const tenant of [gone, kept]) {
    const series = await months.series(tenant, { service: GONE_SERVICE, labels: { who: GONE_LABEL } })
    const other = await months.series(tenant, { service: KEPT })
    for (const month of ['2026-01-01', '2026-03-01']) {
      await months.fillEvenly(tenant, month, series, 300)
      await months.fillEvenly(tenant, month, other, 200)
    }
    await addRows(tenant)
  }
  const cut = await months.series(kept, { service: CUT })
  for (const month of ['2026-01-01', '2026-03-01']) await months.fillEvenly(kept, month, cut, 50)
  const store = openArchiveStore({ bucket: TEST_BUCKET, endpoint: storage.url }, { attempts: 1 })
  const aged = { ALERT_EVENT_DAYS: 1, DEAD_LETTER_DAYS: 1, JOB_RUN_DAYS: 1, NOTIFICATION_DAYS: 1 }
  const days = { hot: 1, cold: 1, feedback: 1, backfill: 1, audit: 1, rollups: 1, aged }
  const limits = { ...months.deps.limits, batchRows: 100, objectRows: 100, deleteRows: 100 }
  const deps = { ...months.deps, db: months.database, store, days, limits }
  await passTheGate(months.database)
  await archiveStored(deps, call)
  await archiveRows(deps, call, FEEDBACK)
  const named = {
    results: {
      metrics_archive: { archive_uris: [`gs://b/metrics/tenant=${GONE_TENANT}/month=2026-01-01/part-0.parquet`] },
    },
  }
  await months.db.query(
    `insert into job_run (job, lease_until, finished_at, outcome, result) values ('retention', now(), now(), 'success', $1)`,
    [JSON.stringify(named)],
  )
  await months.db.query('analyze')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await months.close()
  await storage.close()
})

async function addRows(tenant: number): Promise<void> {
  const { db } = months
  const data = Buffer.from(JSON.stringify({ service_name: GONE_SERVICE, metric_type: 'cpu' })).toString('base64')
  const wrapped = JSON.stringify({ message: { data, messageId: '1' }, subscription: 's' })
  await db.query(
    `insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload)
     values ($1, 'pubsub', '1', 'malformed', '', 'application/json', convert_to($2, 'UTF8')),
       ($1, 'pubsub', '2', 'malformed', '', 'application/json', 'unreadable')`,
    [tenant, wrapped],
  )
  await db.query(
    `insert into idempotency_key (tenant_id, key, payload_sha256, verdicts, expires_at)
     values ($1, 'a', sha256(''), jsonb_build_object('x', $2::text), now() + interval '1 day'), ($1, 'b', sha256(''), '{}', now())`,
    [tenant, `${GONE_SERVICE} cpu`],
  )
  for (const [user, at] of [
    [GONE_USER, '2024-01-01Z'],
    ['somebody', '2024-01-02Z'],
    [GONE_USER, '2026-11-01Z'],
  ]) {
    await db.query(
      `insert into insight_feedback (tenant_id, insight_id, user_id, comment, created_at, updated_at)
       values ($1, 'insight ' || $3, $2, 'says ' || $2, $3::text::timestamptz, $3::text::timestamptz)`,
      [tenant, user, at],
    )
  }
  await db.query(
    `insert into backfill_job (tenant_id, id, job_type, start_block, end_block, current_block) values ($1, gen_random_uuid(), 'x', 0, 9, 0)`,
    [tenant],
  )
  await db.query(
    `insert into api_key (id, tenant_id, secret_sha256, scopes) values (lpad($1::int::text, 12, '0'), $1::int, sha256(''), '{metrics:read}')`,
    [tenant],
  )
}

/** Returns the files of the database and of storage that contain these bytes, after all dead rows were removed. */
async function filesWith(text: string): Promise<string[]> {
  const { db } = months
  await db.query('vacuum full')
  await db.query('checkpoint')
  const [place] = await db.query<{ folder: string }>(
    `select current_setting('data_directory') || '/base/' || oid as folder from pg_database where datname = current_database()`,
  )
  const folders = [place?.folder ?? '', join(storage.folder, 'objects')]
  const files = folders.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
  return files.filter((file) => readFileSync(file).includes(text))
}

const command = async (...args: string[]) =>
  await promisify(execFile)(process.execPath, ['scripts/penstock.ts', ...args]).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  )

async function pointsInObjects(
  tenant: string,
  isMeant: (name: string) => boolean = () => true,
): Promise<Record<string, number>> {
  const store = openArchiveStore({ bucket: TEST_BUCKET, endpoint: storage.url }, { attempts: 1 })
  const counts: Record<string, number> = {}
  for await (const object of store.list(`metrics/tenant=${tenant}/`)) {
    if (!isMeant(object.name)) continue
    const slice = async (start: number, end = object.size) =>
      new Uint8Array(await store.readRange(object, start, end)).buffer
    for await (const { series, at } of readMetricParquet({ byteLength: object.size, slice }))
      counts[series.service] = (counts[series.service] ?? 0) + at.length
  }
  return counts
}

const erasing = (tenant: string) => ({ tenant, action: 'tenant.erase' }) as const

describe('an export', { timeout: 120_000 }, () => {
  it('is a folder of Parquet and NDJSON with a manifest that proves every file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-export-test-'))
    const { code, stderr } = await command('tenant', 'export', GONE_TENANT, '--to', folder)
    expect([code, stderr]).toEqual([0, ''])
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
      files: { name: string; rows: number; bytes: number; sha256: string }[]
    }
    const rows = Object.fromEntries(manifest.files.map((file) => [file.name, file.rows]))
    expect(rows).toMatchObject({
      'metrics/month=2026-01-01.parquet': 500,
      'metrics/month=2026-01-01.ndjson': 500,
      'metrics/month=2026-03-01.parquet': 500,
      'tables/insight_feedback.ndjson': 1,
      'tables/backfill_job.ndjson': 1,
      'tables/metric_series.ndjson': 2,
      'tables/tenant.ndjson': 1,
    })
    expect(manifest.files.filter(({ name }) => /^feedback\/.*parquet$/.test(name)).map((file) => file.rows)).toEqual([
      2,
    ])
    for (const { name, bytes, sha256 } of manifest.files) {
      const content = readFileSync(join(folder, name))
      expect([name, content.length, createHash('sha256').update(content).digest('hex')]).toEqual([name, bytes, sha256])
    }
    const [first = ''] = readFileSync(join(folder, 'metrics/month=2026-03-01.ndjson'), 'utf8').split('\n')
    expect(JSON.parse(first)).toEqual({
      service_name: KEPT,
      metric_type: 'cpu',
      unit: '%',
      metric_value: 0,
      timestamp: '2026-03-01T00:00:00.000000Z',
    })
    const keys = readFileSync(join(folder, 'tables/api_key.ndjson'), 'utf8')
    expect([keys.includes('secret'), keys.includes('metrics:read')]).toEqual([false, true])
    rmSync(folder, { recursive: true })
  })

  it('goes to Cloud Storage when it is told to', async () => {
    const { code } = await command('tenant', 'export', GONE_TENANT, '--to', `gs://${TEST_BUCKET}/exports/1`)
    const store = openArchiveStore({ bucket: TEST_BUCKET, endpoint: storage.url }, { attempts: 1 })
    const names: string[] = []
    for await (const object of store.list('exports/')) {
      names.push(object.name)
      await store.remove(object)
    }
    expect([code, names]).toEqual([
      0,
      expect.arrayContaining(['exports/1/manifest.json', 'exports/1/tables/tenant.ndjson']),
    ])
  })
})

describe('held data', { timeout: 120_000 }, () => {
  it('is not erased, and nothing else is either', async () => {
    await months.db.query(
      `insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by)
       select id, dataset, '2026-01-01Z', '2026-01-02Z', 'case 7', 'counsel' from tenant, unnest('{metrics,feedback}'::text[]) dataset`,
    )
    const before = await months.db.query('select count(*) from metric_series')
    for (const args of [
      ['--user', GONE_USER],
      ['--series', GONE_SERVICE],
    ]) {
      const { code, stderr } = await command('erase', '--tenant', 'stays', ...args)
      expect([code, stderr]).toEqual([1, expect.stringContaining('case 7')])
    }
    await expect(
      withErasure(process.env, erasing(GONE_TENANT), async (deps) => await eraseTenant(deps, async () => {})),
    ).rejects.toThrow('case 7')
    expect(await months.db.query('select count(*) from metric_series')).toEqual(before)
    await months.db.query('delete from archive_hold')
  })
})

describe('a user’s feedback', { timeout: 120_000 }, () => {
  it('is erased from the table and from objects, which keep what others said', async () => {
    const { code, stdout } = await command('erase', '--tenant', 'stays', '--user', GONE_USER)
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /archive objects +\| 1 +\| 0\n.*app_user +\| 0 +\| 0\n.*insight_feedback +\| 1 +\| 0\n(?:table production_\w+ +\| 0 +\| 0\n){5}\nNothing remains\./,
      ),
    ])
    const objects = await months.db.query(
      'select rows from archive where tenant_id = $1 and dataset = $2 and removed_at is null',
      [kept, 'feedback'],
    )
    expect(objects).toEqual([{ rows: '1' }])
    const left = await months.db.query('select count(*)::int as count from insight_feedback where tenant_id = $1', [
      gone,
    ])
    expect(left).toEqual([{ count: 1 }])
  })
})

describe('an erasure that is cut off', { timeout: 120_000 }, () => {
  it('after any step is gone on with: in the end all of it is gone, and nothing else', async () => {
    const before = await pointsInObjects('stays')
    expect(before[CUT]).toBe(50)
    let done = false
    for (let cut = 1; !done; cut++) {
      let steps = 0
      const counted = async <T>(work: () => Promise<T>): Promise<T> => {
        const result = await work()
        if (++steps === cut) throw new Error('cut off')
        return result
      }
      const erased = withErasure(process.env, erasing('stays'), async ({ db, store, ...deps }) => {
        const cutDb = aroundUnits(db, async (run, work) => await counted(async () => await run(work)))
        const cutStore = {
          ...store,
          put: async (...object: Parameters<typeof store.put>) => await counted(async () => await store.put(...object)),
          remove: async (...object: Parameters<typeof store.remove>) =>
            await counted(async () => await store.remove(...object)),
        }
        const filter = { service: CUT, type: undefined, labels: undefined }
        return await eraseSeries({ ...deps, db: cutDb, store: cutStore }, filter)
      })
      done = await erased.then(
        (places) => places.every(({ remains }) => remains === 0),
        () => false,
      )
      // The current objects of a month have all other points at any time; objects on their way in or out are next to them.
      const standing = new Set(
        (await months.db.query<{ name: string }>(`select name from archive where state = 'verified'`)).map(
          ({ name }) => name,
        ),
      )
      const { [CUT]: _, ...others } = await pointsInObjects('stays', (name) => standing.has(name))
      expect([cut, others]).toEqual([cut, { [GONE_SERVICE]: 300, [KEPT]: 200 }])
      expect(cut).toBeLessThan(60)
    }
    expect(Object.keys(await pointsInObjects('stays')).toSorted()).toEqual([KEPT, GONE_SERVICE])
    expect(await months.db.query('select from metric_series where service_name = $1', [CUT])).toEqual([])
    const recorded = await months.db.query(
      `select sum(rows)::int as rows from archive where tenant_id = $1 and dataset = 'metrics' and state = 'verified'`,
      [kept],
    )
    expect(recorded).toEqual([{ rows: 500 }])
  })
})

describe('a series', { timeout: 120_000 }, () => {
  it('is erased wherever it is, and the other series of the tenant and other tenants keep all they have', async () => {
    expect(await pointsInObjects('stays')).toEqual({ [GONE_SERVICE]: 300, [KEPT]: 200 })
    const labels = ['--metric', 'cpu', '--labels', JSON.stringify({ who: GONE_LABEL })]
    const none = await command('erase', '--tenant', 'stays', '--series', GONE_SERVICE, '--metric', 'memory')
    expect(none.stdout).toMatch(/points in archive objects +\| 0 /)
    const { code, stdout } = await command('erase', '--tenant', 'stays', '--series', GONE_SERVICE, ...labels)
    expect([code, stdout]).toEqual([0, expect.stringContaining('Nothing remains.')])
    expect(stdout).toMatch(
      /points in archive objects +\| 300 .*\n.*letters.*\| 1 .*\n.*verdicts.*\| 1 .*\n.*\n.*in log and chunks +\| 300 /,
    )
    expect(await pointsInObjects('stays')).toEqual({ [KEPT]: 200 })
    const points = await months.db.query(
      'select tenant_id, count(*)::int as count from stored_point group by 1 order by 1',
    )
    expect(points).toEqual([
      { tenant_id: gone, count: 500 },
      { tenant_id: kept, count: 200 },
    ])
    const [series] = await months.db.query('select count(*)::int as count from metric_series where tenant_id = $1', [
      kept,
    ])
    expect(series).toEqual({ count: 1 })
  })
})

/** The files of the audit log and its indexes. */
async function filesOfLog(): Promise<readonly string[]> {
  const rows = await months.db.query<{ file: string }>(
    `select pg_relation_filepath(c.oid) as file from pg_class c
     where c.oid = 'audit_entry'::regclass or c.oid in (select indexrelid from pg_index where indrelid = 'audit_entry'::regclass)`,
  )
  return rows.map(({ file }) => file)
}

describe('a tenant', { timeout: 120_000 }, () => {
  it('that was broken off in the middle is gone on with, and in the end no file has anything of it', async () => {
    expect((await filesWith(GONE_TENANT)).length).toBeGreaterThan(0)
    let steps = 0
    const breaking = withErasure(process.env, erasing(GONE_TENANT), async (deps) => {
      const renew = async (): Promise<void> => {
        if (++steps === 4) throw new Error('broken off')
      }
      return await eraseTenant({ ...deps, renew }, async () => {})
    })
    await expect(breaking).rejects.toThrow('broken off')
    const places = await withErasure(process.env, erasing(GONE_TENANT), async (deps) => {
      const found = await eraseTenant(deps, async () => {})
      await refreshStatistics(deps.db)
      return found
    })
    expect(places.filter(({ remains }) => remains > 0)).toEqual([])
    expect(places.map(({ place }) => place)).toContain('table dead_letter')
    // VACUUM keeps row versions while an older snapshot exists, such as that of an automatic ANALYZE, so files may need a second one.
    for (const text of [GONE_TENANT, GONE_SERVICE, GONE_LABEL])
      await expect.poll(async () => await filesWith(text), { timeout: 10_000, message: text }).toEqual([])
    // The audit log names the user until its 400 days are over, and nothing else does.
    const outsideLog = async () => {
      const files = await filesWith(GONE_USER)
      const log = await filesOfLog()
      return files.filter((path) => !log.some((file) => path.endsWith(file)))
    }
    await expect.poll(outsideLog, { timeout: 10_000, message: GONE_USER }).toEqual([])
  })

  it('leaves the others as they were', async () => {
    expect(await pointsInObjects('stays')).toEqual({ [KEPT]: 200 })
    expect(await months.db.query('select count(*)::int as count from stored_point')).toEqual([{ count: 200 }])
    expect(await months.db.query('select name from tenant')).toEqual([{ name: 'stays' }])
  })
})
