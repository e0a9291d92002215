// The move while functions write and read, killed at many moments.
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WRITE_LOCK } from '@penstock/shared/base/locks.ts'
import { formatTimestamp, HOUR, type Micros } from '@penstock/shared/base/time.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { readSeries } from '@penstock/shared/points/read-series.ts'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeMove, movePoints } from '../scripts/data/move/move-points.ts'
import { switchStore } from '../scripts/data/move/switch-store.ts'
import type { AdminDatabase } from '../scripts/database/admin-database.ts'
import { compactEverything } from './support/points/compact-everything.ts'
import {
  MONTHS,
  type MovingDatabase,
  NOVEMBER,
  NOW,
  names,
  OCTOBER,
  openMovingDatabase,
  SEPTEMBER,
  span,
} from './support/points/moving-database.ts'
import { afterStatements } from './support/postgres/between-statements.ts'

/** The number of times that each test runs: more with PENSTOCK_MOVES. */
const TIMES = Array.from({ length: Number(process.env['PENSTOCK_MOVES'] ?? 1) }, (_, i) => i)

let moving: MovingDatabase
beforeEach(async () => {
  moving = await openMovingDatabase()
})
afterEach(async () => await moving.close())

interface Traffic {
  /** Resolves when every point was written and read two more times. @throws {Error} when an answer was wrong at any time. */
  goOn(): Promise<void>
  /** Ends it, and returns the last acknowledged points. @throws {Error} when an answer was wrong at any time. */
  stop(): Promise<ReadonlyMap<string, number>>
}

/** Writes points over rows and between them, and reads each of them after its acknowledgement. */
function startTraffic({ write, client, series, tenants }: MovingDatabase): Traffic {
  const [tenant] = tenants
  const places: readonly (readonly [label: number, at: Micros])[] = [
    [0, NOVEMBER + 36 * HOUR + 1],
    [0, OCTOBER + 10 * HOUR + 1],
    [1, OCTOBER + 400 * HOUR + 1],
    [2, SEPTEMBER + 29 * 24 * HOUR + 1],
  ]
  let [value, rounds, goesOn] = [0, 0, true]
  const check = async ([label, at]: readonly [number, Micros], expected: number): Promise<void> => {
    const labels = { 'labels.s': String(label) }
    const instant = formatTimestamp(at)
    const page = await client.range(tenant, { ...names, ...labels, start_time: instant, end_time: instant })
    expect(page.rows.map(({ metric_value }) => metric_value)).toEqual([expected])
    const hour = { start_time: formatTimestamp(at - 1), end_time: formatTimestamp(at + HOUR - 2) }
    const sums = await client.aggregate(tenant, { ...names, ...labels, ...hour, interval: 'hour' })
    expect(sums.data.map(({ max_value }) => max_value)).toEqual([expected])
  }
  const work = (async () => {
    while (goesOn) {
      value++
      const expected = 100_000 + value
      await write(places.map(([label, at]) => [series[label] as number, at, expected]))
      for (const place of places) await check(place, expected)
      rounds++
    }
  })()
  // A failure is reported by `goOn` and `stop`.
  work.catch(() => {
    goesOn = false
  })
  return {
    async goOn() {
      const until = rounds + 2
      while (goesOn && rounds < until) await sleep(5)
      if (rounds < until) await work
    },
    async stop() {
      goesOn = false
      await work
      return new Map(places.map(([label, at]) => [`"${label}" ${formatTimestamp(at)}`, 100_000 + value]))
    },
  }
}

/** The session of the move, which dies at its `dies`-th statement. */
function mortal(owner: AdminDatabase, dies: number): AdminDatabase {
  let statements = 0
  const plugin = afterStatements(async () => {
    if (++statements === dies) throw new Error('the move died')
  })
  return {
    ...aroundUnits(owner, async (run, work) => await run(async (tx) => await work(tx.withPlugin(plugin)))),
    get client() {
      return owner.client
    },
  }
}

/** Returns every point of the first tenant by label and time. */
async function allPoints({ client, tenants }: MovingDatabase): Promise<Map<string, number>> {
  const points = new Map<string, number>()
  const query = { ...span, ...names, start_time: '2026-08-01T00:00:00Z', limit: 1_000 }
  let cursor: string | undefined
  do {
    const page = await client.range(tenants[0], cursor === undefined ? query : { ...query, cursor })
    for (const { metric_metadata, timestamp, metric_value } of page.rows)
      points.set(`${JSON.stringify(metric_metadata?.['s'])} ${timestamp}`, metric_value)
    cursor = page.cursor
  } while (cursor !== undefined)
  return points
}

/** Moves everything under traffic, with calls of `move` until one of them ends well. Returns how many did not. */
async function moveUnderTraffic(move: (call: number) => Promise<unknown>): Promise<number> {
  const compaction = moving.client.database.openAs('compaction')
  const before = await allPoints(moving)
  const traffic = startTraffic(moving)
  let deaths = 0
  let written: ReadonlyMap<string, number> = new Map()
  try {
    for (let isMoved = false; !isMoved; ) {
      isMoved = await move(deaths).then(
        () => true,
        (error: unknown) => {
          expect(String(error)).toMatch(/the move died|terminat|[Cc]onnection/)
          deaths++
          return false
        },
      )
      if (deaths % 4 === 0) await compactEverything(compaction)
    }
    await traffic.goOn()
  } finally {
    written = await traffic.stop()
  }
  const after = new Map([...before, ...written])
  expect(await allPoints(moving)).toEqual(after)
  await compactEverything(compaction)
  expect(await allPoints(moving)).toEqual(after)
  expect(await describeMove(moving.deps)).toEqual({ isSwitched: true, left: 0 })
  return deaths
}

describe('the move under traffic', { timeout: 60_000 }, () => {
  it.each(TIMES)('shows every acknowledged point at each instant, dies at many statements, and continues', async () => {
    const { deps } = moving
    const first = 2 + randomInt(3)
    const deaths = await moveUnderTraffic(
      async (call) => await movePoints({ ...deps, db: mortal(deps.db, first + call * 3) }),
    )
    expect(deaths).toBeGreaterThan(9)
  })

  it.each(TIMES)('continues when its sessions are terminated again and again', async () => {
    const { deps, client } = moving
    let goesOn = true
    let terminated = 0
    const killer = (async () => {
      for (let pause = 20; goesOn; pause += 2) {
        await sleep(randomInt(pause))
        const [killed] = await client.database.query<{ n: number }>(
          `select count(pg_terminate_backend(pid))::int as n from pg_stat_activity
           where datname = current_database() and usename = session_user and pid <> pg_backend_pid() and query ~ 'row_month|metric_chunk'`,
        )
        terminated += killed?.n ?? 0
      }
    })()
    try {
      await moveUnderTraffic(async () => await movePoints(deps))
    } finally {
      goesOn = false
      await killer
    }
    expect(terminated).toBeGreaterThan(3)
  })

  it('waits for a writer that began before the switch', async () => {
    const { client, deps, tenants, series } = moving
    const stuck = await client.database.connect()
    await stuck.query(`set app.tenant_id = '${tenants[0]}'`)
    await stuck.query('begin; select pg_advisory_xact_lock_shared(' + WRITE_LOCK + ')')
    const switched = switchStore({ ...deps, limits: { ...deps.limits, lockWaitMs: 50, lockAttempts: 1_000 } })
    await sleep(100)
    const at = NOVEMBER + 37 * HOUR
    await stuck.query('insert into metric_point (tenant_id, series_id, ts, value) values ($1, $2, $3, 4321)', [
      tenants[0],
      series[0],
      formatTimestamp(at),
    ])
    await stuck.query('commit')
    await stuck.end()
    expect(await switched).toBe(true)
    await movePoints(deps)
    expect((await allPoints(moving)).get(`"0" ${formatTimestamp(at)}`)).toBe(4321)
  })

  it('does not drop rows that an older transaction may read', async () => {
    const { client, deps, tenants, series } = moving
    await switchStore(deps)
    const before = await allPoints(moving)
    const range = {
      tenantId: tenants[0],
      series: series.map((id, i) => ({ id, block: i % 2 })),
      from: SEPTEMBER,
      to: NOW,
    }
    const seen = await client.db.read(
      tenants[0],
      async (tx) => {
        // The snapshot is taken by a statement that locks no table of the move.
        await sql`select from tenant`.execute(tx)
        const { waiting } = await movePoints({ ...deps, limits: { ...deps.limits, patienceMs: 200 } })
        expect(waiting).toEqual(MONTHS)
        return await readSeries(tx, range)
      },
      { oneSnapshot: true },
    )
    const points = [...seen.values()].reduce((sum, { at }) => sum + at.length, 0)
    expect(points).toBe(before.size)
    expect((await movePoints(deps)).waiting).toEqual([])
    expect(await allPoints(moving)).toEqual(before)
  })
})
