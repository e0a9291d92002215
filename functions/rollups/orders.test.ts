// In which order locks are taken, points read and invalidations removed; and what another order loses.
import { ROLLUP_LOCK, WRITE_LOCK } from '@penstock/shared/base/locks.ts'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openRollups, type RollupDatabase } from '../../test/support/months/rollup-database.ts'
import { betweenStatements } from '../../test/support/postgres/between-statements.ts'
import { run } from './handler.ts'

const byHand = { scheduleTime: undefined, waitMs: 10_000 }
const NOON = '2026-11-20T12:00:00Z'
const AFTER_ONE = '2026-11-20T13:00:00Z'

let lab: RollupDatabase
let clients: Client[]
let series: number
beforeEach(async () => {
  lab = await openRollups(['2026-11-01'])
  clients = []
  series = await lab.series()
  await lab.write(series, [['2026-11-20 11:10:00Z', 1]])
  await run(lab.deps(NOON), byHand)
})
afterEach(async () => {
  for (const client of clients) await client.end()
  await lab.close()
})

async function connect(functionName: string): Promise<Client> {
  const client = new Client({ connectionString: lab.db.urlOf(functionName) })
  await client.connect()
  clients.push(client)
  return client
}

const SUM = `
  select count(*)::int as count, sum(value) as sum, min(value) as min, max(value) as max
  from metric_point where series_id = $1 and ts >= '2026-11-20 11:00Z' and ts < '2026-11-20 12:00Z'`
const STORE = `update metric_rollup set count = $2, sum = $3, min = $4, max = $5 where series_id = $1 and bucket = '2026-11-20 11:00Z'`
const sumOf = async (client: Client) => Object.values((await client.query<object>(SUM, [series])).rows[0] ?? {})
const take = 'delete from rollup_invalidation'

/** Begins a writer that has read the fence, and that writes when it is resumed. */
async function beginWriter(ts: string): Promise<{ commit(): Promise<void> }> {
  const writer = await connect('metrics-ingest')
  await writer.query(`begin; set local app.tenant_id = '${lab.tenant}'`)
  await writer.query('select pg_advisory_xact_lock_shared($1)', [WRITE_LOCK])
  const { rows } = await writer.query<{ below: boolean }>('select $1::timestamptz < fence as below from rollup_mark', [
    ts,
  ])
  return {
    async commit() {
      await writer.query('insert into metric_point values ($1, $2, $3, 5)', [lab.tenant, series, ts])
      if (rows[0]?.below) {
        await writer.query(
          `insert into rollup_invalidation (tenant_id, series_id, bucket) values ($1, $2, date_trunc('hour', $3::timestamptz, 'UTC'))`,
          [lab.tenant, series, ts],
        )
      }
      await writer.query('commit')
    },
  }
}

describe('points that are read before their invalidations are removed', () => {
  it('are lost: a point that was committed between the two is in no roll-up, and nothing says so', async () => {
    const refresher = await connect('rollups')
    await refresher.query('begin')
    const sums = await sumOf(refresher)
    await lab.write(series, [['2026-11-20 11:20:00Z', 3]])
    await refresher.query(take)
    await refresher.query(STORE, [series, ...sums])
    await refresher.query('commit')

    expect(await lab.invalid()).toEqual([])
    expect((await lab.wrong()).length).toBe(1)
  })

  it('are not what a run does: whatever is written between its statements, roll-ups that count as valid are right', async () => {
    let written = 0
    const busy = betweenStatements(lab.open(), async (count) => {
      // The hour that is known, the one that is new, and one that is not over.
      const hour = 11 + (count % 3)
      await lab.write(series, [[`2026-11-20 ${hour}:00:00.${String(count).padStart(6, '0')}Z`, count]])
      written++
      expect([count, await lab.wrong()]).toEqual([count, []])
    })
    // Each batch that is found not empty is followed by another.
    await run({ ...lab.deps(AFTER_ONE, { batchHours: 1, runMs: 3_000 }, busy), now: shortTime(AFTER_ONE, 40) }, byHand)
    expect(written).toBeGreaterThan(30)
    expect(await lab.wrong()).toEqual([])

    expect(await run(lab.deps(AFTER_ONE), byHand)).toMatchObject({ status: 'success', more: false })
    expect([await lab.wrong(), await lab.invalid()]).toEqual([[], []])
    const [row] = await lab.db.query<{ count: number }>('select sum(count)::int as count from metric_rollup')
    const [points] = await lab.db.query<{ count: number }>(
      `select count(*)::int from metric_point where ts < '2026-11-20 13:00Z'`,
    )
    expect(row).toEqual(points)
  })
})

/** A clock of which each look is that many milliseconds later. */
function shortTime(from: string, stepMs: number): () => number {
  let now = Date.parse(from)
  return () => (now += stepMs)
}

describe('a fence that moves while a writer is under way', () => {
  it('loses its point: the writer saw the fence where it was', async () => {
    const writer = await beginWriter('2026-11-20 12:30:00Z')
    await lab.db.query(`update rollup_mark set fence = '2026-11-20 13:00Z'`)
    expect(await run(lab.deps(AFTER_ONE), byHand)).toMatchObject({ status: 'success' })
    await writer.commit()

    expect(await lab.invalid()).toEqual([])
    expect((await lab.wrong()).length).toBe(1)
  })

  it('waits for the writer', async () => {
    const writer = await beginWriter('2026-11-20 12:30:00Z')
    let done = false
    const running = run(lab.deps(AFTER_ONE), byHand).finally(() => (done = true))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([done, (await lab.marks()).fence]).toEqual([false, '2026-11-20 12:00:00+00'])
    await writer.commit()

    expect(await running).toMatchObject({ status: 'success', buckets: 1, watermark: '2026-11-20T13:00:00.000000Z' })
    expect([await lab.wrong(), await lab.invalid()]).toEqual([[], []])
  })

  it('stays where it is when the writer does not end, and the run is refused', async () => {
    const writer = await beginWriter('2026-11-20 12:30:00Z')
    const stuck = run(lab.deps(AFTER_ONE, { lockWaitMs: 20, lockPauseMs: 5, lockAttempts: 3 }), byHand)
    await expect(stuck).rejects.toMatchObject({ kind: { status: 503 } })
    expect((await lab.marks()).fence).toBe('2026-11-20 12:00:00+00')
    await writer.commit()
    expect(await run(lab.deps(AFTER_ONE), byHand)).toMatchObject({ status: 'success', buckets: 1 })
  })
})

describe('two that compute one hour', () => {
  it('lose what one of them saw, where the other writes last', async () => {
    const [early, late] = [await connect('rollups'), await connect('rollups')]
    await early.query('begin')
    const old = await sumOf(early)
    await lab.write(series, [['2026-11-20 11:20:00Z', 3]])
    await late.query('begin')
    await late.query(take)
    await late.query(STORE, [series, ...(await sumOf(late))])
    await late.query('commit')
    await early.query(STORE, [series, ...old])
    await early.query('commit')

    expect(await lab.invalid()).toEqual([])
    expect((await lab.wrong()).length).toBe(1)
  })

  it('wait for each other: a run begins to read when nobody else computes', async () => {
    await lab.write(series, [['2026-11-20 11:20:00Z', 3]])
    const other = await connect('rollups')
    await other.query('begin')
    await other.query('select pg_advisory_xact_lock($1)', [ROLLUP_LOCK])
    let done = false
    const running = run(lab.deps(NOON), byHand).finally(() => (done = true))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([done, await lab.invalid()]).toEqual([false, [`${series} 2026-11-20 11`]])
    await other.query('commit')

    expect(await running).toMatchObject({ status: 'success', buckets: 1 })
    expect([await lab.wrong(), await lab.invalid()]).toEqual([[], []])
  })
})
