import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { FEEDBACK } from '@penstock/shared/archive/row-datasets.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../../test/support/google/storage.ts'
import { type ArchivedMonths, openArchivedMonths } from '../../test/support/months/archived-months.ts'
import { passTheGate } from '../../test/support/points/compact-everything.ts'
import { listArchives, mapMonths } from './objects/archives.ts'
import { listHolds, placeHold, releaseHold } from './objects/holds.ts'
import { verify } from './objects/verify.ts'
import { archiveRows } from './rows/row-archive.ts'
import { expireArchive } from './stored/expire-archive.ts'
import { archiveStored } from './stored/stored-months.ts'

let months: ArchivedMonths
let storage: TestStorage
let deps: ArchivedMonths['deps'] & {
  limits: { runMs: number; batchRows: number; objectRows: number; deleteRows: number }
}
let acme: number
let zeta: number

const call = (cutoff: string, dryRun = false) => ({
  cutoff: Date.parse(cutoff) * 1000,
  dryRun,
  deadline: Number.POSITIVE_INFINITY,
  renew: async () => {},
})
const days = {
  hot: 1,
  cold: 1,
  feedback: 1,
  backfill: 1,
  audit: 1,
  rollups: 1,
  aged: { DEAD_LETTER_DAYS: 1, JOB_RUN_DAYS: 1 },
}
const everything = { limit: 100 }
async function archive(endedBy: string): Promise<void> {
  await passTheGate(months.database)
  expect(await archiveStored(deps, call(endedBy))).toMatchObject({ more: false })
}
const FUTURE = '2200-01-01T00:00:00Z'

beforeAll(async () => {
  months = await openArchivedMonths()
  storage = await createTestStorage()
  const store = openArchiveStore({ bucket: TEST_BUCKET, endpoint: storage.url }, { attempts: 1 })
  deps = {
    ...months.deps,
    store,
    limits: { ...months.deps.limits, runMs: 60_000, batchRows: 10, objectRows: 10, deleteRows: 10 },
  }
  acme = await months.tenant('acme')
  zeta = await months.tenant('zeta')
  const a = await months.series(acme, {})
  const z = await months.series(zeta, {})
  for (const month of ['2026-01-01', '2026-02-01']) await months.fillEvenly(acme, month, a, 1_000)
  await months.fillEvenly(zeta, '2026-01-01', z, 10)
  await months.fill(acme, '2026-03-01', a, [['05T00:00:00Z', 1]])
  await months.db.query(
    `insert into insight_feedback (tenant_id, insight_id, user_id, rating, created_at, updated_at)
     values ($1, 'i', 'u', 5, '2024-01-01Z', '2024-01-01Z')`,
    [acme],
  )
  await archive('2026-03-01T00:00:00Z')
  await archiveRows({ ...deps, days }, call(FUTURE), FEEDBACK)
})
afterAll(async () => {
  await months.close()
  await storage.close()
})

describe('the list', () => {
  it('has every object with what proves it, and where its month is', async () => {
    const { objects, next } = await listArchives(deps, everything)
    expect(next).toBeUndefined()
    expect(
      objects.map(({ dataset, tenant, month, rows, state, held }) => [dataset, tenant, month, rows, state, held]),
    ).toEqual([
      ['metrics', 'acme', '2026-01-01', 1_000, 'dropped', false],
      ['metrics', 'zeta', '2026-01-01', 10, 'dropped', false],
      ['metrics', 'acme', '2026-02-01', 1_000, 'dropped', false],
      ['feedback', 'acme', '2024-01-01', 1, 'verified', false],
    ])
    expect(objects[1]).toMatchObject({
      uri: expect.stringMatching(/^gs:\/\/test-archive\/metrics\/tenant=zeta\/month=2026-01-01\/part-0\.parquet$/),
      min_timestamp: '2026-01-01T00:00:00.000000Z',
      max_timestamp: '2026-01-01T00:00:09.000000Z',
      crc32c: expect.stringMatching(/^[A-Za-z0-9+/]{6}==$/),
      content_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  it('can be narrowed, and comes in pages', async () => {
    const of = async (filter: object) =>
      (await listArchives(deps, { ...everything, ...filter })).objects.map(({ tenant, month }) => `${tenant} ${month}`)
    expect(await of({ tenant: 'zeta' })).toEqual(['zeta 2026-01-01'])
    expect(await of({ dataset: 'metrics', month: '2026-02-01' })).toEqual(['acme 2026-02-01'])
    const pages: string[][] = []
    for (let after: string | undefined = '0'; after !== undefined; ) {
      const page = await listArchives(deps, { limit: 2, after })
      pages.push(page.objects.map(({ tenant }) => tenant))
      after = page.next
    }
    expect(pages).toEqual([
      ['acme', 'zeta'],
      ['acme', 'acme'],
    ])
  })
})

describe('the map', () => {
  it('has every month with its state, its points and its bytes, of all tenants or of one', async () => {
    const { months: all } = await mapMonths(deps, undefined)
    expect(all.map(({ month, state, rows, objects }) => [month, state, rows, objects])).toEqual([
      ['2026-01-01', 'dropped', 1_010, 2],
      ['2026-02-01', 'dropped', 1_000, 1],
      ['2026-03-01', 'live', 1, 0],
    ])
    expect(all.map(({ bytes }) => (bytes ?? 0) > 0)).toEqual([true, true, false])
    const { months: own } = await mapMonths(deps, 'zeta')
    expect(own.map(({ rows }) => rows)).toEqual([10])
  })
})

describe('verify', () => {
  const all = { ok: true, checked: 4, findings: [], more: false, next: null }

  it('reads every object, or those that are asked for, and finds nothing', async () => {
    expect(await verify(deps, {})).toEqual(all)
    expect(await verify(deps, { dataset: 'metrics', month: '2026-01-01' })).toEqual({ ...all, checked: 2 })
    expect(await verify(deps, { dataset: 'feedback' })).toEqual({ ...all, checked: 1 })
  })

  it('ends when its time is over, and goes on where it was', async () => {
    let time = 0
    const ticking = { ...deps, now: () => time++, limits: { ...deps.limits, runMs: 2 } }
    const first = await verify(ticking, {})
    expect(first).toMatchObject({ ok: true, checked: 1, more: true })
    expect(await verify(deps, { after: first.next })).toEqual({ ...all, checked: 3 })
  })

  it.each([
    ['bytes that changed', 'checksum', `update archive set crc32c = 'AAAAAA=='`],
    ['other rows', 'rows', 'update archive set rows = rows + 1'],
    ['another last instant', 'span', `update archive set max_ts = max_ts + interval '1 microsecond'`],
    ['other content', 'content', `update archive set content_sha256 = sha256('')`],
    ['an object that is not there', 'missing', 'update archive set generation = 1'],
  ])('finds %s, in the object that has it', async (_, code, change) => {
    const [before] = await months.db.query<Record<string, unknown>>(`select * from archive where tenant_id = ${zeta}`)
    await months.db.query(`${change} where tenant_id = ${zeta}`)
    const { ok, checked, findings } = await verify(deps, { dataset: 'metrics', month: '2026-01-01' })
    expect([ok, checked]).toEqual([false, 2])
    expect(findings).toEqual([{ uri: expect.stringContaining('tenant=zeta'), code, detail: expect.any(String) }])
    await months.db.query(
      'update archive set crc32c = $2, rows = $3, max_ts = $4, content_sha256 = $5, generation = $6 where id = $1',
      [
        before?.['id'],
        before?.['crc32c'],
        before?.['rows'],
        before?.['max_ts'],
        before?.['content_sha256'],
        before?.['generation'],
      ],
    )
  })

  it('finds bytes that rotted in storage', async () => {
    const folder = join(storage.folder, 'objects')
    const largest = readdirSync(folder).filter((file) => file.endsWith('.data'))
    for (const file of largest) {
      const bytes = readFileSync(join(folder, file))
      const rotten = Buffer.from(bytes)
      rotten[Math.floor(rotten.length / 3)] = (rotten[Math.floor(rotten.length / 3)] ?? 0) ^ 4
      writeFileSync(join(folder, file), rotten)
      expect((await verify(deps, {})).findings).toMatchObject([{ code: 'checksum' }])
      writeFileSync(join(folder, file), bytes)
    }
  })

  it('names objects that no record knows, but for those that are just being written', async () => {
    const body = async function* () {
      yield Buffer.from('x')
    }
    await deps.store.put('metrics/tenant=acme/month=2026-01-01/part-1.parquet', body)
    expect(await verify(deps, {})).toEqual(all)
    const later = { ...deps, now: () => Date.now() + 3_700_000 }
    expect((await verify(later, { dataset: 'metrics' })).findings).toEqual([
      {
        uri: 'gs://test-archive/metrics/tenant=acme/month=2026-01-01/part-1.parquet',
        code: 'unknown',
        detail: expect.any(String),
      },
    ])
  })

  it('says nothing of an object when storage does not answer', async () => {
    storage.onCall = () => 503
    await expect(verify(deps, {})).rejects.toThrow('503')
    storage.onCall = () => undefined
  })
})

describe('a legal hold', () => {
  const held = async () =>
    (await listArchives(deps, everything)).objects
      .filter((one) => one.held)
      .map(({ tenant, month }) => `${tenant} ${month}`)
  const request = {
    tenant: 'acme',
    start_time: Date.parse('2026-01-01T00:00:05Z') * 1000,
    end_time: Date.parse('2026-01-02T00:00:00Z') * 1000,
    reason: 'case 7',
  }

  it('holds the objects that it covers, is on the map, and keeps who and why', async () => {
    const placed = await placeHold(deps, request, 'counsel (key:1)')
    expect(placed).toMatchObject({
      tenant: 'acme',
      dataset: 'metrics',
      objects: 1,
      placed_by: 'counsel (key:1)',
      released_at: null,
    })
    expect(await held()).toEqual(['acme 2026-01-01'])
    const { months: map } = await mapMonths(deps, undefined)
    expect(map.map((month) => month.held)).toEqual([true, false, false])
    expect(await placeHold(deps, request, 'counsel (key:1)')).toEqual(placed)
    const [object] = (await listArchives(deps, everything)).objects
    const name = object?.uri.split('/').slice(3).join('/') ?? ''
    await expect(deps.store.remove({ name, generation: object?.generation ?? '' })).rejects.toMatchObject({
      reason: 'held',
    })
  })

  it('stops the expiry of the objects that it covers, and of later ones', async () => {
    await placeHold(
      deps,
      {
        ...request,
        start_time: Date.parse('2026-03-01T00:00:00Z') * 1000,
        end_time: Date.parse('2026-03-10T00:00:00Z') * 1000,
      },
      'counsel',
    )
    await archive('2026-04-01T00:00:00Z')
    expect((await expireArchive(deps, call(FUTURE, true))).deleted).toBe(2)
    await expireArchive(deps, call(FUTURE))
    expect((await listArchives(deps, everything)).objects.map(({ tenant, month }) => `${tenant} ${month}`)).toEqual([
      'acme 2026-01-01',
      'acme 2026-02-01',
      'acme 2026-03-01',
    ])
  })

  it('covers objects that were written after it, when the next run finds them', async () => {
    await months.db.query('update archive set held = false')
    await expireArchive(deps, call('2000-01-01T00:00:00Z'))
    expect(await held()).toEqual(['acme 2026-01-01', 'acme 2026-03-01'])
  })

  it('that is released lets go, and its record stays', async () => {
    const [later, first] = await listHolds(deps, 'acme')
    const released = await releaseHold(deps, first?.id ?? '', 'judge')
    expect(released).toMatchObject({ reason: 'case 7', released_by: 'judge', released_at: expect.any(String) })
    expect(await releaseHold(deps, first?.id ?? '', 'somebody')).toEqual(released)
    expect(await held()).toEqual(['acme 2026-03-01'])
    await releaseHold(deps, later?.id ?? '', 'judge')
    await expireArchive(deps, call(FUTURE))
    expect((await listArchives(deps, everything)).objects).toEqual([])
    expect((await listHolds(deps, undefined)).map(({ released_by }) => released_by)).toEqual(['judge', 'judge'])
  })

  it('needs a tenant that there is, and a hold that there is', async () => {
    await expect(placeHold(deps, { ...request, tenant: 'nobody' }, 'x')).rejects.toMatchObject({
      kind: { status: 404 },
    })
    await expect(releaseHold(deps, '999', 'x')).rejects.toMatchObject({ kind: { status: 404 } })
  })
})
