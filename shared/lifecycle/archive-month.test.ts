import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type LogArchive, openLogArchive } from '../../test/support/months/log-archive.ts'
import { compactEverything, passTheGate } from '../../test/support/points/compact-everything.ts'
import type { LogPoint, LogSeries } from '../../test/support/postgres/log-database.ts'
import type { ArchiveStore } from '../archive/archive-store.ts'
import { formatTimestamp, HOUR, MINUTE, monthStart, SECOND } from '../base/time.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { unitsOf } from '../database/units.ts'
import { archiveMonth } from './archive-month.ts'
import { bringBack } from './bring-back.ts'
import { monthObjectName } from './object-names.ts'
import { forgetBrokenRuns } from './record-run.ts'
import type { RunDeps } from './run-deps.ts'
import { settleMonth } from './settle-month.ts'

const MONTH = '2026-05-01'
const BEGIN = monthStart(MONTH)

let log: LogArchive
let series: readonly LogSeries[]
let compaction: PenstockDatabase
beforeAll(async () => {
  log = await openLogArchive([MONTH, '2026-06-01'])
  compaction = log.open('compaction')
})
afterAll(async () => await log.close())
beforeEach(async () => {
  series = await Promise.all([0, 0, 1, 2].map(async (block) => await log.series(block)))
})
afterEach(async () => {
  log.storage.clear()
  for (const table of [
    'metric_log',
    'metric_chunk',
    'metric_hour',
    'archive',
    'archiving',
    'archive_next',
    'metric_series_span',
    'metric_series',
  ])
    await log.db.query(`delete from ${table}`)
  for (const name of log.storage.names()) log.storage.remove(name)
})

const month = () => ({ tenantId: log.tenant, month: MONTH })

/** `count` points of each series, a minute apart, with values that begin at `first`. */
const points = (count: number, first = 0, begin = BEGIN): LogPoint[] =>
  series.flatMap((one, place) =>
    Array.from({ length: count }, (_, i): LogPoint => [one, begin + i * MINUTE, first + place + i / 8]),
  )

async function archive(deps: RunDeps = log.deps) {
  await passTheGate(log.deps.db)
  return await archiveMonth(deps, month())
}

/** Expects these points in the object that holds the month: by series in the order of their labels, then by time; of equal points, the last one. */
async function expectObject(written: readonly LogPoint[]): Promise<void> {
  const labels = new Map(
    (await log.db.query<{ id: number; labels: object }>('select id, labels from metric_series')).map((row) => [
      row.id,
      JSON.stringify(row.labels),
    ]),
  )
  const model = new Map(written.map(([one, at, value]) => [`${labels.get(one.id)} ${formatTimestamp(at)}`, value]))
  const object = await log.objectOf(MONTH)
  if (!object) throw new Error('no object holds the month')
  expect(object.name).toMatch(/month=2026-05-01\/part-0\.parquet$/)
  expect(await log.rowsOf(object)).toEqual(
    [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map((pair) => pair.join(' ')),
  )
}

const count = async (table: string): Promise<number> =>
  Number((await log.db.query<{ count: string }>(`select count(*) from ${table}`))[0]?.count)

describe('archiveMonth', () => {
  it('puts chunks and log into one object and takes them out of the database', async () => {
    const settled = points(700)
    await log.write(settled)
    await compactEverything(compaction)
    const late = points(3, 50, BEGIN + 5 * MINUTE)
    await log.write(late)
    const other = points(2, 9, monthStart('2026-06-01'))
    await log.write(other)
    const done = await archive()
    expect(done).toMatchObject({ outcome: 'archived', rows: 2_800, taken: 2_812, more: false })
    await expectObject([...settled, ...late])
    expect(await log.stored()).toHaveLength(other.length)
    expect(await count('metric_chunk')).toBe(0)
    expect(await count('archiving')).toBe(0)
    expect(log.storage.names()).toEqual([done.name])
    // The roll-ups of all hours are there; those that the log touched are computed from the whole content.
    const hours = await log.hours()
    expect(hours).toHaveLength(series.length * 12)
    const first = series[0] as LogSeries
    const values = new Map([...settled, ...late].filter(([one]) => one === first).map(([, at, value]) => [at, value]))
    const firstHour = [...values].filter(([at]) => at < BEGIN + HOUR).map(([, value]) => value)
    expect(hours).toContain(
      `${first.id} 2026-05-01 00 60 ${firstHour.reduce((a, b) => a + b)} ${Math.min(...firstHour)} ${Math.max(...firstHour)}`,
    )
  })

  it('writes the roll-ups of hours with one point when their chunks leave', async () => {
    const [one, other] = series as [LogSeries, LogSeries]
    const hourly = (count: number, first: number): LogPoint[] =>
      Array.from({ length: count }, (_, i): LogPoint => [one, BEGIN + i * 2 * HOUR, first + i])
    await log.write([...hourly(4, 10), [other, BEGIN, 1], [other, BEGIN + MINUTE, 2]])
    await compactEverything(compaction)
    expect(await count('metric_hour')).toBe(1)
    const hours = await log.hours()
    await archive()
    expect(await count('metric_hour')).toBe(5)
    expect(await log.hours()).toEqual(hours)
    // A late point over one of them, in an hour that stays alone.
    await log.write(hourly(1, 77))
    await archive()
    expect(await log.hours()).toContain(`${one.id} 2026-05-01 00 1 77 77 77`)
    // Back in chunks, an hour with one point has no roll-up again, so none can be left behind by a point that replaces it.
    expect(await bringBack(log.deps, month())).toMatchObject({ outcome: 'back' })
    expect(await count('metric_hour')).toBe(1)
    await log.write(hourly(1, 78))
    await compactEverything(compaction)
    expect(await log.hours()).toEqual(hours.map((line) => line.replace(/ 1 10 10 10$/, ' 1 78 78 78')))
    await archive()
    expect(await count('metric_hour')).toBe(5)
  })

  it('merges what comes later over the object, for a month without a partition too', async () => {
    const begun = points(40)
    await log.write(begun)
    await archive()
    const before = await log.objectOf(MONTH)
    const later = [...points(2, 900, BEGIN + 3 * MINUTE), ...points(1, 7, BEGIN + 20 * HOUR + SECOND)]
    await log.write(later)
    await compactEverything(compaction)
    expect(await count('metric_chunk')).toBe(0)
    expect(await archive()).toMatchObject({ outcome: 'archived', rows: 164, taken: 12 })
    await expectObject([...begun, ...later])
    const after = await log.objectOf(MONTH)
    expect(after?.generation).not.toBe(before?.generation)
    expect(after?.cold_since).toBe(before?.cold_since)
    expect(await log.stored()).toEqual([])
  })

  it('leaves the object alone when all that came later is in it', async () => {
    const begun = points(40)
    await log.write(begun)
    await archive()
    const before = await log.objectOf(MONTH)
    await log.write(begun.slice(3, 9))
    expect(await archive()).toMatchObject({ outcome: 'archived', rows: 160, taken: 6 })
    expect(await log.objectOf(MONTH)).toEqual(before)
    expect(await log.stored()).toEqual([])
  })

  it('takes only what is below its gate', async () => {
    await log.write(points(10))
    await passTheGate(log.deps.db)
    const writer = await log.db.connect()
    await writer.query('begin')
    await writer.query('select pg_current_xact_id()')
    const above = points(2, 100)
    await log.write(above)
    try {
      expect(await archiveMonth(log.deps, month())).toMatchObject({ taken: 40 })
      expect(await log.stored()).toHaveLength(above.length)
      await expectObject(points(10))
    } finally {
      await writer.query('rollback')
      await writer.end()
    }
    await archive()
    await expectObject([...points(10), ...above])
  })

  it('lowers the gate where the log has more points than it may hold', async () => {
    const written: LogPoint[] = []
    for (let i = 0; i < 5; i++) {
      const some = points(100, i * 1_000, BEGIN + i * 50 * MINUTE)
      await log.write(some)
      written.push(...some)
    }
    const deps = { ...log.deps, limits: { ...log.deps.limits, loggedPoints: 500 } }
    for (let runs = 1; ; runs++) {
      const { more, taken } = await archive(deps)
      expect(taken).toBeLessThanOrEqual(900)
      if (more) continue
      expect(runs).toBeGreaterThan(1)
      break
    }
    await expectObject(written)
    expect(await log.stored()).toEqual([])
  })

  it('compares what storage gives back with what was read, not how much it is', async () => {
    await log.write(points(10))
    const lying: ArchiveStore = {
      ...log.store,
      async put(name, body) {
        const stored = await log.store.put(name, body)
        const bytes = Buffer.from(log.storage.read(name))
        bytes[40] = (bytes[40] ?? 0) ^ 1
        log.storage.damage(name, bytes)
        return stored
      },
    }
    await expect(archive({ ...log.deps, store: lying })).rejects.toThrow(/has|cannot be read/)
    expect(await log.stored()).toHaveLength(40)
    expect(await count('archiving')).toBe(0)
    expect(log.storage.names()).toEqual([])
  })

  it('ends without effect when somebody forgets it', async () => {
    await log.write(points(10))
    const forgetting: ArchiveStore = {
      ...log.store,
      async put(name, body) {
        await log.db.query('delete from archiving')
        return await log.store.put(name, body)
      },
    }
    expect(await archive({ ...log.deps, store: forgetting })).toMatchObject({ outcome: 'forgotten', taken: 0 })
    expect(await log.stored()).toHaveLength(40)
    expect(log.storage.names()).toEqual([])
  })

  it('is recorded before it reads: compaction leaves the month alone meanwhile', async () => {
    await log.write(points(10))
    const compacting: ArchiveStore = {
      ...log.store,
      async put(name, body) {
        await compactEverything(compaction)
        expect(await count('metric_chunk')).toBe(0)
        return await log.store.put(name, body)
      },
    }
    expect(await archive({ ...log.deps, store: compacting })).toMatchObject({ taken: 40 })
  })
})

class Killed extends Error {}

describe('a run that dies', () => {
  const steps = ['put', 'readRange', 'copy', 'remove'] as const
  it.each(
    steps.flatMap(
      (step) =>
        [
          [step, 'before'],
          [step, 'after'],
        ] as const,
    ),
  )('at %s, %s it, loses nothing, and the next one finishes', async (step, when) => {
    const begun = points(30)
    await log.write(begun)
    await archive()
    const later = points(5, 500, BEGIN + 28 * MINUTE)
    await log.write(later)
    let isDead = false
    const dying = new Proxy(log.store, {
      get:
        (store, name: keyof ArchiveStore) =>
        async (...given: unknown[]) => {
          if (isDead) throw new Killed()
          if (name === step && when === 'before') isDead = true
          if (isDead) throw new Killed()
          const result = await (store[name] as (...all: unknown[]) => Promise<unknown>)(...given)
          if (name === step) isDead = true
          if (isDead) throw new Killed()
          return result
        },
    })
    // A process that is dead forgets nothing.
    const db = unitsOf(async ({ readOnly, tenantId, ...options }, work) => {
      if (isDead || tenantId !== null) throw new Killed()
      return await (readOnly ? log.deps.db.readAll(work, options) : log.deps.db.writeAll(work, options))
    })
    await expect(archive({ ...log.deps, store: dying, db })).rejects.toThrow()
    await forgetBrokenRuns(log.deps)
    await archive()
    await expectObject([...begun, ...later])
    expect(await log.stored()).toEqual([])
    expect(await count('archive_next')).toBe(0)
    expect(log.storage.names()).toEqual([(await log.objectOf(MONTH))?.name])
  })
})

describe('settleMonth', () => {
  it('adopts a content that came into place, over which chunks and log stay', async () => {
    const begun = points(10)
    await log.write(begun)
    const dying: ArchiveStore = {
      ...log.store,
      async copy(source, to) {
        await log.store.copy(source, to)
        throw new Killed()
      },
    }
    await expect(archive({ ...log.deps, store: dying })).rejects.toThrow(Killed)
    expect(await log.objectOf(MONTH)).toBeUndefined()
    await settleMonth(log.deps, month())
    await expectObject(begun)
    expect(await log.stored()).toHaveLength(begun.length)
  })

  it.each([0, 30])(
    'puts the content into place before a late copy of the failed run does, over %i points',
    async (before) => {
      const begun = points(before)
      await log.write(begun)
      if (before > 0) await archive()
      const later = points(5, 500, BEGIN + 28 * MINUTE)
      await log.write(later)
      // Storage accepts the copy of a run that dies, and carries it out much later.
      let late = async (): Promise<unknown> => await Promise.resolve()
      const dying: ArchiveStore = {
        ...log.store,
        async copy(source, to) {
          const twin = await log.store.copy(source, { name: 'staging/twin.parquet', over: '0' })
          late = async () => await log.store.copy(twin, to)
          throw new Killed()
        },
      }
      await expect(archive({ ...log.deps, store: dying })).rejects.toThrow(Killed)
      await settleMonth(log.deps, month())
      await expectObject([...begun, ...later])
      await late().catch(() => {})
      await expectObject([...begun, ...later])
      const last = points(1, 900, BEGIN + 29 * MINUTE)
      await log.write(last)
      await archive()
      await expectObject([...begun, ...later, ...last])
      expect(await log.stored()).toEqual([])
      expect(log.storage.names().filter((name) => name !== 'staging/twin.parquet')).toHaveLength(1)
    },
  )

  it('forgets a content whose upload is gone', async () => {
    const begun = points(10)
    await log.write(begun)
    const dying: ArchiveStore = { ...log.store, copy: async () => await Promise.reject(new Killed()) }
    await expect(archive({ ...log.deps, store: dying })).rejects.toThrow(Killed)
    for (const name of log.storage.names()) log.storage.remove(name)
    await settleMonth(log.deps, month())
    expect(await log.objectOf(MONTH)).toBeUndefined()
    await archive()
    await expectObject(begun)
  })

  it('refuses an object that is not recorded', async () => {
    await log.write(points(10))
    const [tenant] = await log.db.query<{ name: string }>('select name from tenant where id = $1', [log.tenant])
    const name = monthObjectName(tenant?.name ?? '', MONTH)
    async function* strange() {
      yield Buffer.from('something else')
    }
    await log.store.put(name, strange)
    for (let i = 0; i < 2; i++) await expect(archive()).rejects.toThrow(/not the recorded one/)
    expect(log.storage.read(name).toString()).toBe('something else')
    expect(await log.stored()).toHaveLength(40)
  })
})
