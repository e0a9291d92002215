import { HOUR, MINUTE, monthStart } from '@penstock/shared/base/time.ts'
import { archiveMonth } from '@penstock/shared/lifecycle/archive-month.ts'
import { bringBack } from '@penstock/shared/lifecycle/bring-back.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type LogArchive, openLogArchive } from '../../../test/support/months/log-archive.ts'
import { compactEverything, passTheGate } from '../../../test/support/points/compact-everything.ts'
import type { LogPoint, LogSeries } from '../../../test/support/postgres/log-database.ts'
import { type AdminDatabase, openAdminDatabase } from '../../database/admin-database.ts'
import { OWNER } from '../../database/roles.ts'
import type { EraseDeps } from './place.ts'
import { eraseSeries } from './series.ts'
import { eraseTenant } from './tenant.ts'

const MONTHS = ['2026-03-01', '2026-04-01', '2026-05-01'] as const
const [MARCH, APRIL] = MONTHS

let log: LogArchive
let owner: AdminDatabase
let deps: EraseDeps
let gone: LogSeries
let kept: LogSeries
let labels: { gone: Record<string, unknown>; kept: string }
beforeAll(async () => {
  log = await openLogArchive(MONTHS)
  vi.stubEnv('DATABASE_URL', log.db.url)
  owner = await openAdminDatabase({ role: OWNER, statementTimeoutMs: 0 })
  const [tenant] = await log.db.query<{ name: string }>('select name from tenant where id = $1', [log.tenant])
  deps = { db: owner, store: log.store, tenant: { id: log.tenant, name: tenant?.name ?? '' }, renew: async () => {} }
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await owner.close()
  await log.close()
})
beforeEach(async () => {
  for (const table of [
    'metric_log',
    'metric_chunk',
    'metric_hour',
    'archive',
    'archiving',
    'archive_next',
    'metric_series',
  ])
    await log.db.query(`delete from ${table}`)
  for (const name of log.storage.names()) log.storage.remove(name)
  gone = await log.series(0)
  kept = await log.series(0)
  const rows = await log.db.query<{ id: number; labels: Record<string, unknown> }>(
    'select id, labels from metric_series',
  )
  const of = (id: number) => rows.find((row) => row.id === id)?.labels ?? {}
  labels = { gone: of(gone.id), kept: JSON.stringify(of(kept.id)) }
  for (const month of MONTHS) await write(month, 20, 1)
  await compactEverything(log.open('compaction'))
  for (const month of [MARCH, APRIL]) await archive(month)
})

async function labelsOf({ id }: LogSeries): Promise<Record<string, unknown>> {
  const [row] = await log.db.query<{ labels: Record<string, unknown> }>(
    'select labels from metric_series where id = $1',
    [id],
  )
  return row?.labels ?? {}
}

const write = async (month: string, count: number, first: number, begin = 0) =>
  await log.write(
    [gone, kept].flatMap((one) =>
      Array.from({ length: count }, (_, i): LogPoint => [one, monthStart(month) + begin + i * MINUTE, first + i]),
    ),
  )
async function archive(month: string, overrides = {}) {
  await passTheGate(log.deps.db)
  return await archiveMonth({ ...log.deps, ...overrides }, { tenantId: log.tenant, month })
}
const erase = async () => {
  await passTheGate(log.deps.db)
  return await eraseSeries(deps, { service: 'svc', type: undefined, labels: labels.gone as never })
}
const rowsOf = async (month: string) => {
  const object = await log.objectOf(month)
  return object ? await log.rowsOf(object) : []
}
const remains = (places: Awaited<ReturnType<typeof eraseSeries>>) =>
  places.reduce((sum, place) => sum + place.remains, 0)

describe('a series that is erased from archived months', () => {
  it('is in no object, no row and no roll-up, and the others stay', async () => {
    await write(APRIL, 3, 100, HOUR)
    const places = await erase()
    expect(places[0]).toEqual({ place: 'points in archive objects', erased: 40, remains: 0 })
    expect(remains(places)).toBe(0)
    for (const month of [MARCH, APRIL]) {
      const rows = await rowsOf(month)
      expect(rows).toHaveLength(month === APRIL ? 23 : 20)
      expect(rows.every((row) => row.startsWith(labels.kept))).toBe(true)
    }
    expect(log.storage.names()).toHaveLength(2)
    expect((await log.hours()).every((line) => line.startsWith(`${kept.id} `))).toBe(true)
    expect((await log.stored()).length).toBe(20)
    expect((await erase())[0]).toEqual({ place: 'points in archive objects', erased: 0, remains: 0 })
  })

  it('leaves no object where it was alone', async () => {
    await log.db.query('delete from metric_chunk')
    await log.write([[gone, monthStart(MONTHS[2]), 1]])
    await archive(MONTHS[2])
    expect(log.storage.names()).toHaveLength(3)
    await erase()
    expect(log.storage.names()).toHaveLength(2)
    expect(await log.objectOf(MONTHS[2])).toBeUndefined()
  })

  it('does not come back by a run or a bring-back that was under way', async () => {
    for (const step of ['uploaded', 'before the copy', 'copied'] as const) {
      await write(APRIL, 2, 200, 2 * HOUR)
      let release = () => {}
      const waiting = new Promise<void>((resolve) => (release = resolve))
      let reached = () => {}
      const isThere = new Promise<void>((resolve) => (reached = resolve))
      const freeze = async (): Promise<void> => {
        reached()
        await waiting
      }
      const { put, copy } = log.store
      const store: typeof log.store = {
        ...log.store,
        async put(...given) {
          const stored = await put(...given)
          if (step === 'uploaded') await freeze()
          return stored
        },
        async copy(...given) {
          if (step === 'before the copy') await freeze()
          const stored = await copy(...given)
          if (step === 'copied') await freeze()
          return stored
        },
      }
      const frozen = archive(APRIL, { store }).then(
        ({ outcome }) => outcome,
        (error: unknown) => error,
      )
      await isThere
      expect(remains(await erase())).toBe(0)
      release()
      expect(await frozen).not.toBe('archived')
      expect((await rowsOf(APRIL)).every((row) => row.startsWith(labels.kept))).toBe(true)
      expect(log.storage.names().filter((name) => name.startsWith('metrics/'))).toHaveLength(2)
      // Series of that service that are sent again are new ones.
      gone = await log.series(0)
      labels = { ...labels, gone: await labelsOf(gone) }
    }
    expect(await bringBack(log.deps, { tenantId: log.tenant, month: APRIL })).toMatchObject({ outcome: 'back' })
    expect((await log.stored()).every((line) => line.startsWith(`${kept.id} `))).toBe(true)
  })
})

describe('a tenant that is erased', () => {
  it('leaves no object, also of replaced ones under a hold that has ended', async () => {
    await log.store.copy((await log.store.stat(log.storage.names()[0] ?? '')) as never, {
      name: `held/tenant=${deps.tenant.name}/month=${APRIL}/x.parquet`,
      over: '0',
    })
    const places = await eraseTenant(deps, async () => {})
    expect(places.filter(({ remains: left }) => left > 0)).toEqual([])
    expect(log.storage.names()).toEqual([])
  })
})
