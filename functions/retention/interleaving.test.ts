// Months that seal, leave and come back while writers write: every key ends with its last accepted value, once.
import { readMetricParquet } from '@penstock/shared/archive/metric-parquet-reader.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ArchivedMonths, openArchivedMonths } from '../../test/support/months/archived-months.ts'
import { connectWriter } from '../../test/support/points/point-writer.ts'
import { archiveMetrics, dropMetrics } from './months/metric-months.ts'

const MONTH = '2024-01-01'
const WRITES = 150

let months: ArchivedMonths
let tenants: number[]
beforeAll(async () => {
  months = await openArchivedMonths()
  tenants = [await months.tenant('acme'), await months.tenant('zeta')]
})
afterAll(async () => await months.close())

const call = {
  cutoff: Date.UTC(2024, 1, 1) * 1000,
  dryRun: false,
  deadline: Number.POSITIVE_INFINITY,
  renew: async () => {},
}
const sleep = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms))

/** Returns the content of the month's current objects: `tenant labels instant` to value. */
async function archived(): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const standing = await months.db.query<{ name: string; tenant: string }>(
    `select a.name, t.name as tenant from archive a join tenant t on t.id = a.tenant_id where month = $1 and a.state = 'verified'`,
    [MONTH],
  )
  for (const { name, tenant } of standing) {
    const file = new Uint8Array(months.storage.read(name)).buffer
    const slice = async (start: number, end?: number): Promise<ArrayBuffer> => file.slice(start, end)
    for await (const { series, at, value } of readMetricParquet({ byteLength: file.byteLength, slice })) {
      for (const [i, instant] of at.entries()) {
        const key = `${tenant} ${series.labels} ${formatTimestamp(instant)}`
        expect(found.has(key)).toBe(false)
        found.set(key, value[i] ?? Number.NaN)
      }
    }
  }
  return found
}

/** Writes to a series of its own, some keys again and again, and remembers what was accepted. */
async function write(name: string, tenant: number, n: number, accepted: Map<string, number>): Promise<void> {
  const series = await months.series(tenant, { labels: { n } })
  const writer = await connectWriter(months.db, tenant)
  for (let i = 0; i < WRITES; i++) {
    const at = `2024-01-${String(1 + ((i * 7 + n) % 28)).padStart(2, '0')}T00:00:00.000000Z`
    await writer.write({ series, ts: at, value: i })
    accepted.set(`${name} {"n":${n}} ${at}`, i)
    await sleep(i % 5)
  }
  await writer.end()
}

describe('writers', { timeout: 120_000 }, () => {
  it('lose nothing to a month that seals, leaves and comes back all the time', async () => {
    await months.fill(tenants[0] ?? 0, MONTH, [])
    await months.rollUp()
    const accepted = new Map<string, number>()
    // The writers of the second round meet a month that is gone.
    for (const round of [0, 1]) {
      let writing = true
      const writers = [0, 1].map(
        async (n) => await write(n === 0 ? 'acme' : 'zeta', tenants[n] ?? 0, round * 2 + n, accepted),
      )
      const all = Promise.all(writers).finally(() => {
        writing = false
      })
      for (let rest = 4; rest > 0; rest -= writing ? 0 : 1) {
        for (const policy of [archiveMetrics, dropMetrics]) {
          const { error } = await policy(months.deps, call)
          expect(error).toBeUndefined()
          await months.rollUp()
        }
      }
      await all
    }
    expect(await months.stateOf(MONTH)).toBe('dropped')
    expect(await months.db.query('select from deferred_point')).toEqual([])
    expect(await archived()).toEqual(accepted)
    // It was not all before or after: the month went and came under the writers.
    expect((await months.db.query('select from metric_month where reopened_at is not null')).length).toBe(1)
  })

  it('of another month notice nothing of a detach that waits for a reader, nor of a drop', async () => {
    const tenant = tenants[0] ?? 0
    const series = await months.series(tenant, { type: 'steady' })
    await months.fill(tenant, '2023-05-01', [[series, '02T00:00:00Z', 1]])
    await months.fill(tenant, '2026-11-01', [])
    await months.rollUp()
    await archiveMetrics(months.deps, call)
    const reader = await months.db.connect()
    await reader.query('begin isolation level repeatable read')
    await reader.query('select count(*) from metric_point')

    const writer = await connectWriter(months.db, tenant)
    const took: { readonly quiet: number[]; readonly busy: number[] } = { quiet: [], busy: [] }
    const now: { phase: keyof typeof took; over: boolean } = { phase: 'quiet', over: false }
    const writing = (async () => {
      for (let i = 0; !now.over; i++) {
        const begun = performance.now()
        await writer.write({ series, ts: `2026-11-02T00:00:00.${String(i).padStart(6, '0')}Z`, value: i })
        took[now.phase].push(performance.now() - begun)
      }
    })()
    await sleep(1_000)
    now.phase = 'busy'
    // Twice it waits for the reader in vain, and is left pending.
    for (let i = 0; i < 2; i++) expect(await dropMetrics(months.deps, call)).toMatchObject({ deleted: 0 })
    expect((await months.db.query('select from pg_inherits where inhdetachpending')).length).toBe(1)
    await reader.query('commit')
    await reader.end()
    expect(await dropMetrics(months.deps, call)).toMatchObject({ deleted: 1 })
    now.over = true
    await writing
    await writer.end()
    const p99 = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0
    // Both are some milliseconds; a writer that waited for the detach would have waited for half a second.
    expect(p99(took.busy)).toBeLessThan(Math.max(2 * p99(took.quiet), 250))
    expect(took.busy.length).toBeGreaterThan(20)
  })
})
