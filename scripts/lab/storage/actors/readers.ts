// The concurrent actors of the check that do not write points: compactors, readers, and one that ends their sessions.

import { setTimeout as sleep } from 'node:timers/promises'
import { compactDay } from '@penstock/shared/compaction/compact-day.ts'
import { selectWaiting } from '@penstock/shared/compaction/queries.ts'
import { readNewest } from '@penstock/shared/points/read-newest.ts'
import { readSeries } from '@penstock/shared/points/read-series.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'
import type { Random } from '../../random.ts'
import { lasting } from '../../stand/clients.ts'
import { compareSnapshot } from '../seen/snapshot.ts'
import { keyOf, type Stage } from '../stage.ts'
import { readInTwoStatements } from '../variants.ts'
import { type Door, openDoor } from '../world/door.ts'
import { ARCHIVED, OLD } from '../world/instants.ts'
import type { CheckedTenant } from '../world/world.ts'
import { attempt } from './attempt.ts'
import { pausing } from './pausing.ts'
import { readRemembered } from './remembered.ts'

const now = (): number => performance.now()

export async function runCompactor(stage: Stage, random: Random): Promise<void> {
  const { variant, world, counts } = stage
  const url = variant.asSuperuser ? world.superuser : world.urlOf('compaction')
  const door = openDoor(url, pausing(random, variant.compactor?.(world.superuser)))
  while (stage.goesOn()) {
    await attempt(stage, async () => {
      const { taken } = await compactSome(door, random)
      counts.compactions++
      counts.points += taken
    })
    await sleep(random.below(20))
  }
  await door.close()
}

/** Compacts one day of one tenant, with some of its blocks. */
async function compactSome(door: Door, random: Random): Promise<{ readonly taken: number }> {
  const waiting = await door.unit({}, async (tx) => await selectWaiting(tx, 0))
  if (waiting.length === 0) return { taken: 0 }
  const { tenantId, day } = random.pick(waiting)
  const own = waiting.filter((one) => one.tenantId === tenantId && one.day === day)
  const everything = random.chance(0.5)
  return await compactDay(
    { db: door.db, now: Date.now, sizes: { most: 5, filledBelow: 3 } },
    {
      tenantId,
      day,
      wide: own.find(({ block }) => block < 0)?.points ?? 0,
      most: 1 + random.below(200),
      waiting: new Map(own.flatMap((one) => (one.block < 0 ? [] : [[one.block, one]]))),
      isDue: () => everything || random.chance(0.5),
      settledBefore: 0,
    },
  )
}

/** Compacts until nothing is left below the gate, in months that have a partition. */
export async function compactEverything(door: Door): Promise<void> {
  const always = {
    chance: () => true,
    below: () => 100_000,
    pick: (list: readonly unknown[]) => list[0],
  } as unknown as Random
  while ((await compactSome(door, always)).taken > 0);
}

export async function runReader(stage: Stage, random: Random): Promise<void> {
  const door = openDoor(stage.world.urlOf('metrics-query'), pausing(random, stage.variant.reader))
  const superuser = lasting({ connectionString: stage.world.superuser })
  await superuser.connect()
  while (stage.goesOn()) {
    const tenant = random.pick(stage.world.tenants)
    await attempt(stage, async () => {
      const start = now()
      if (random.chance(0.3)) return await readRemembered(stage, door, tenant)
      stage.counts.reads++
      if (random.chance(0.3)) {
        const count = 1 + random.below(random.chance(0.7) ? 10 : 80)
        await door.unit(
          { tenantId: tenant.id, readOnly: true, oneSnapshot: true },
          async (tx) => await readPage(stage, tx, { tenant, start, count }),
        )
      } else if (random.chance(0.6))
        await door.unit({ tenantId: tenant.id, readOnly: true }, async (tx) => await readAll(stage, tx, tenant))
      else
        await door.unit({ tenantId: tenant.id, readOnly: true, oneSnapshot: true }, async (tx) => {
          const { rows } = await sql<{ id: string }>`select pg_export_snapshot() as id`.execute(tx)
          if (random.chance(0.5)) await sleep(random.below(30))
          const seen = await readAll(stage, tx, tenant, start)
          await compareSnapshot(stage, superuser, { snapshot: rows[0]?.id ?? '', tenant, start, seen })
        })
    })
  }
  await door.close()
  await superuser.end()
}

/**
 * Reads every point of a tenant in log and chunks, and records the result for months that are never archived. Its snapshot was taken after
 * `start`.
 */
export async function readAll(
  { world, history, variant }: Stage,
  tx: Transaction<Database>,
  tenant: CheckedTenant,
  start: number = now(),
): Promise<ReadonlyMap<string, number>> {
  const series = [...tenant.series, ...tenant.pair]
  const range = {
    tenantId: tenant.id,
    series,
    from: Math.min(...OLD),
    to: Math.max(...world.instants),
  }
  const known = new Set([...world.instants, ...ARCHIVED, ...OLD])
  const found = variant.readsTwice ? await readInTwoStatements(tx, range) : await readSeries(tx, range)
  const end = now()
  const seen = new Map<string, number>()
  for (const one of series)
    for (const [i, at] of found.get(one.id)?.at.entries() ?? [])
      if (known.has(at)) seen.set(keyOf(tenant, one, at), found.get(one.id)?.value[i] ?? Number.NaN)
  const keys = series.flatMap((one) => world.instants.map((at) => keyOf(tenant, one, at)))
  history.saw(
    keys.map((key) => [key, seen.get(key) ?? null]),
    start,
    end,
  )
  for (const at of world.instants) {
    const [one, other] = tenant.pair.map((half) => seen.get(keyOf(tenant, half, at)))
    if (one !== other) history.found('torn', `the pair at ${at} was ${one} and ${other}`)
  }
  return seen
}

/** Reads the newest points of all series, and records the result for every point that precedes the page's last one. */
async function readPage(
  { world, history }: Stage,
  tx: Transaction<Database>,
  { tenant, start, count }: { readonly tenant: CheckedTenant; readonly start: number; readonly count: number },
): Promise<void> {
  const [from, ts] = [Math.min(...world.instants), Math.max(...world.instants)]
  const page = await readNewest(tx, {
    tenantId: tenant.id,
    series: null,
    from,
    after: { ts, seriesId: 2 ** 31 },
    count,
  })
  const end = now()
  const seen = new Map<string, number>()
  for (let i = 0; i < page.length; i++)
    seen.set(`${tenant.id} ${page.series[i]} ${page.at[i]}`, page.value[i] ?? Number.NaN)
  const isFull = page.length === count
  const [last, lastSeries] = isFull
    ? [page.at[count - 1] ?? 0, page.series[count - 1] ?? 0]
    : [Number.NEGATIVE_INFINITY, 0]
  const keys = [...tenant.series, ...tenant.pair].flatMap((one) =>
    world.instants.flatMap((at) =>
      at > last || (at === last && one.id >= lastSeries) ? [keyOf(tenant, one, at)] : [],
    ),
  )
  history.saw(
    keys.map((key) => [key, seen.get(key) ?? null]),
    start,
    end,
  )
}

/** Ends a session of a function from time to time. */
export async function runKiller(stage: Stage, random: Random): Promise<void> {
  const client = lasting({ connectionString: stage.world.superuser })
  await client.connect()
  while (stage.goesOn()) {
    await sleep(50 + random.below(300))
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename like 'penstock%' and usename not like 'penstock_reader%' order by random() limit 1`,
    )
    stage.counts.kills += rowCount ?? 0
  }
  await client.end()
}
