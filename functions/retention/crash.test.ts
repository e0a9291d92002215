// An instance or storage fails in the middle of archiving a month, and no point is lost or stored twice.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StorageCall, StorageFault } from '../../test/support/google/storage.ts'
import { type ArchiveDeps, type ArchivedMonths, openArchivedMonths } from '../../test/support/months/archived-months.ts'
import { mortal } from '../../test/support/months/mortal.ts'
import { archiveMetrics, dropMetrics, expireMetrics } from './months/metric-months.ts'

/** All of them take minutes: CRASH_EVERY=1. */
const EVERY = Number(process.env['CRASH_EVERY'] ?? 47)

let months: ArchivedMonths
let series: number[]
let tenants: number[]
beforeAll(async () => {
  months = await openArchivedMonths()
  tenants = [await months.tenant('acme'), await months.tenant('zeta')]
  series = []
  for (const tenant of tenants)
    series.push(await months.series(tenant, {}), await months.series(tenant, { labels: { a: 1 } }))
  await months.rollUp()
})
afterAll(async () => await months.close())

const monthNumber = (n: number): string => new Date(Date.UTC(1950, n, 1)).toISOString().slice(0, 10)
const call = {
  cutoff: Date.UTC(2026, 0, 1) * 1000,
  dryRun: false,
  deadline: Number.POSITIVE_INFINITY,
  renew: async () => {},
}

async function fill(month: string): Promise<string[]> {
  for (const [i, tenant] of tenants.entries()) {
    const of = series.slice(i * 2, i * 2 + 2)
    await months.fill(
      tenant,
      month,
      of.flatMap((s) => [1, 2, 3].map((day) => [s, `0${day}T00:00:00Z`, s + day] as const)),
    )
  }
  return await months.rowsOf(month)
}

/** A whole run, as retention makes it. What fails is said, and what can be done is done. */
async function run(deps: ArchiveDeps): Promise<string[]> {
  const results = []
  for (const policy of [archiveMetrics, dropMetrics, expireMetrics])
    results.push(await policy(deps, { ...call, ...(policy === expireMetrics ? { cutoff: 0 } : {}) }))
  return results.flatMap(({ error }) => error ?? [])
}

const bytesOf = (month: string): string[] =>
  months.storage
    .names()
    .filter((name) => name.includes(month))
    .map((name) => months.storage.read(name).toString('base64'))
    .toSorted()

/** Checks the final state of a month: out of the database, and completely in storage, once. */
async function expectArchived(month: string, what: unknown): Promise<void> {
  expect([what, await months.stateOf(month)]).toEqual([what, 'dropped'])
  const rows = await months.db.query<{ state: string; rows: number }>(
    'select state, rows::int from archive where month = $1 and removed_at is null order by tenant_id',
    [month],
  )
  expect([what, rows]).toEqual([what, tenants.map(() => ({ state: 'verified', rows: 6 }))])
  expect([what, bytesOf(month).length]).toEqual([what, tenants.length])
  const left = await months.db.query('select relname from pg_class where relname = $1', [
    `metric_point_${month.slice(0, 7).replace('-', '_')}`,
  ])
  expect([what, left]).toEqual([what, []])
}

/** A run looks at every month there is: with those of all rounds before it no round would be the last. */
async function forget(month: string): Promise<void> {
  await months.db.query(`delete from archive where month = '${month}'`)
  await months.db.query(`delete from metric_month where month = '${month}'`)
}

describe('archiving a month', { timeout: 1_800_000 }, () => {
  it('is gone on with by the next run, wherever its instance died', async () => {
    let deaths = 0
    const seen = new Set<string>()
    for (let n = 0; ; n += EVERY) {
      const month = monthNumber(n)
      const before = await fill(month)
      const dying = mortal(months, n, (event) => void seen.add(event))
      const errors = await run(dying.deps).catch((error: unknown) => [String(error)])
      months.storage.onCall = () => undefined
      const state = await months.stateOf(month)
      if (state !== 'dropped' && state !== 'detached' && state !== 'cold')
        expect([n, await months.rowsOf(month)]).toEqual([n, before])
      expect([n, await run(months.deps)]).toEqual([n, []])
      await expectArchived(month, n)
      await forget(month)
      if (!dying.isDead()) {
        expect(errors).toEqual([])
        break
      }
      deaths++
    }
    expect(deaths).toBeGreaterThan(100 / EVERY)
    // A run over all of them meets every kind.
    expect(seen.size).toBeGreaterThan(EVERY === 1 ? 9 : 0)
  })

  const moments = [
    ['before', 'begin'],
    ['after', 'begin'],
    ['before', 'upload'],
    ['after', 'upload'],
    ['before', 'read'],
    ['after', 'read'],
    ['before', 'stat'],
    ['after', 'stat'],
  ] as const
  it('is gone on with when its process was killed in the middle of a call of storage', async () => {
    for (const [n, [when, of]] of moments.entries()) {
      if (EVERY > 1 && (when === 'before' || of === 'begin' || of === 'stat')) continue
      const month = monthNumber(586 + n)
      await fill(month)
      const child = fork('test/support/months/archive-fixture.ts', [months.db.urlOf('retention'), months.storage.url], {
        silent: true,
      })
      let killed = false
      months.storage.onCall = (call, at) => {
        if (call === of && at === when) killed = child.kill('SIGKILL') || killed
        return undefined
      }
      await once(child, 'exit')
      months.storage.onCall = () => undefined
      expect([when, of, killed, child.signalCode]).toEqual([when, of, true, 'SIGKILL'])
      expect([when, of, await run(months.deps)]).toEqual([when, of, []])
      await expectArchived(month, [when, of])
    }
  })

  it('writes the same bytes wherever its instance died', async () => {
    const first = monthNumber(610)
    const again = monthNumber(611)
    await fill(first)
    await run(months.deps)
    const whole = bytesOf(first)
    await months.db.query('delete from archive where month = $1', [first])
    await fill(again)
    expect(whole.length).toBe(2)
    // A month whose objects are there already, of a run that left no record, and one that is written now.
    await run(months.deps)
    expect(bytesOf(again).length).toBe(2)
    expect(bytesOf(first)).toEqual(whole)
  })

  const faults: [StorageCall, StorageFault][] = [
    ...(['begin', 'upload', 'stat', 'read'] as const).flatMap((of) =>
      ([429, 503, 'reset', 'hang', 'lost'] as const).map((fault): [StorageCall, StorageFault] => [of, fault]),
    ),
    ['begin', 412],
    ['upload', 412],
    ['read', 'cut'],
    ['read', 'truncate'],
    ['read', 'corrupt'],
    ['upload', 'corrupt'],
  ]
  it('goes through or is gone on with, whatever storage answers, once or all the time', async () => {
    for (const [n, [of, fault]] of faults.entries()) {
      if (EVERY > 1 && n % 4 !== 1 && fault !== 'corrupt') continue
      for (const times of EVERY > 1 ? [3] : [1, 3, 4]) {
        const month = monthNumber(620 + n * 5 + times)
        await fill(month)
        months.storage.fail(of, ...Array.from({ length: times }, () => fault))
        await run(months.deps)
        months.storage.clear()
        await run(months.deps)
        expect([of, fault, await run(months.deps)]).toEqual([of, fault, []])
        await expectArchived(month, [of, fault, times])
      }
    }
  })

  it('finishes a detach that was left pending at any point', async () => {
    const month = monthNumber(600)
    await fill(month)
    expect(await archiveMetrics(months.deps, call)).toMatchObject({ archived: 12 })
    const reader = await months.db.connect()
    await reader.query('begin isolation level repeatable read')
    await reader.query('select count(*) from metric_point')
    expect(await dropMetrics(months.deps, call)).toMatchObject({ deleted: 0 })
    expect(await months.stateOf(month)).toBe('cold')
    const pending = await months.db.query('select from pg_inherits where inhdetachpending')
    expect(pending.length).toBe(1)
    expect(await dropMetrics(months.deps, call)).toMatchObject({ deleted: 0 })
    await reader.query('commit')
    await reader.end()
    expect(await run(months.deps)).toEqual([])
    await expectArchived(month, 'pending')
  })

  it('moves nothing that another run moved while this one slept', async () => {
    const month = monthNumber(601)
    const before = await fill(month)
    let slept = false
    const sleepy: ArchiveDeps = {
      ...months.deps,
      store: {
        ...months.deps.store,
        async put(name, body) {
          const stored = await months.deps.store.put(name, body)
          if (slept) return stored
          slept = true
          await months.defer(tenants[0] ?? 0, month, [[series[0] ?? 0, '09T00:00:00Z', 9]])
          await archiveMetrics(months.deps, call)
          await months.rollUp()
          await archiveMetrics(months.deps, call)
          return stored
        },
      },
    }
    const { error } = await archiveMetrics(sleepy, call)
    expect(error).toMatch(month)
    expect((await months.rowsOf(month)).length).toBe(before.length + 1)
    await run(months.deps)
    const rows = await months.db.query<{ rows: number }>(
      `select rows::int from archive where month = $1 and state = 'verified' order by tenant_id`,
      [month],
    )
    expect(rows).toEqual([{ rows: 7 }, { rows: 6 }])
    expect(await months.stateOf(month)).toBe('dropped')
  })
})
