// The actors that write.
import type { Micros } from '@penstock/shared/base/time.ts'
import { makeColumns, sortColumns } from '@penstock/shared/points/columns.ts'
import { writePoints } from '@penstock/shared/points/write-points.ts'
import { sql } from 'kysely'
import type { Client } from 'pg'
import type { Random } from '../../random.ts'
import { connectClient } from '../../stand/clients.ts'
import { keyOf, type Stage } from '../stage.ts'
import { CommitUnknown, type Door, openDoor } from '../world/door.ts'
import { ARCHIVED, BUSY, OLD, QUIET } from '../world/instants.ts'
import type { CheckedSeries, CheckedTenant } from '../world/world.ts'
import { attempt } from './attempt.ts'
import { pausing } from './pausing.ts'
import { resolveVictim } from './victims.ts'

export type WrittenPoint = readonly [series: CheckedSeries, at: number, value: number]

export async function runWriter(stage: Stage, random: Random): Promise<void> {
  const door = openDoor(stage.world.urlOf('metrics-ingest'), pausing(random))
  const client = await connectClient(stage.world.superuser)
  while (stage.goesOn()) {
    const tenant = random.pick(stage.world.tenants)
    const instants = instantsFor(random)
    await attempt(stage, async () => {
      if (random.chance(0.2)) return await writeVictim(stage, { door, client, tenant, random })
      const make = random.chance(0.3) ? pairs : singles
      await writeOnce(stage, door, { tenant, points: make(stage, tenant, instants, random), random })
    })
  }
  await door.close()
  await client.end()
}

/** Few writes touch the quiet day, so that answers over it are remembered for a while. */
function instantsFor(random: Random): readonly Micros[] {
  const chance = random.next()
  if (chance < 0.02) return QUIET
  if (chance < 0.3) return ARCHIVED
  return chance < 0.4 ? OLD : BUSY
}

/** Writes points of the tenant's victim under the id that the writer finds, which may be erased before it writes. */
async function writeVictim(
  stage: Stage,
  {
    door,
    client,
    tenant,
    random,
  }: { readonly door: Door; readonly client: Client; readonly tenant: CheckedTenant; readonly random: Random },
): Promise<void> {
  const found = await resolveVictim(stage, client, tenant)
  if (!found) return
  const { series, epoch } = found
  const instants = random.chance(0.5) ? ARCHIVED : BUSY
  const points = Array.from(
    { length: 1 + random.below(6) },
    (): WrittenPoint => [series, random.pick(instants), stage.nextValue()],
  )
  for (const [, , value] of points) stage.victims.idOfValue.set(value, series.id)
  await writeOnce(stage, door, { tenant, points, epoch, random })
}

/** Makes some points, some of them twice, as a batch may have them. */
function singles(
  { nextValue }: Stage,
  { series }: CheckedTenant,
  instants: readonly number[],
  random: Random,
): readonly WrittenPoint[] {
  const few = random.chance(0.5) ? series : [random.pick(series)]
  return Array.from({ length: 1 + random.below(14) }, () => [random.pick(few), random.pick(instants), nextValue()])
}

/** Makes points of both series of the pair at some instants: few become a wide row, many become two rows of blocks. */
function pairs(
  { nextValue }: Stage,
  { pair }: CheckedTenant,
  instants: readonly number[],
  random: Random,
): readonly WrittenPoint[] {
  return Array.from({ length: 1 + random.below(8) }, () => ({
    at: random.pick(instants),
    value: nextValue(),
  })).flatMap(({ at, value }) => pair.map((series): WrittenPoint => [series, at, value]))
}

interface Write {
  readonly tenant: CheckedTenant
  readonly points: readonly WrittenPoint[]
  /** The epoch in which the ids were found; undefined for ids that stay. */
  readonly epoch?: number
  readonly random: Random
}

/** Writes once. A write below the mark, or of another epoch, stores nothing. */
export async function writeOnce(stage: Stage, door: Door, { tenant, points, epoch, random }: Write): Promise<void> {
  const columns = makeColumns(points.length)
  for (const [i, [series, at, value]] of points.entries()) {
    columns.series[i] = series.id
    columns.block[i] = series.block
    columns.at[i] = at
    columns.value[i] = value
  }
  // The later one of two equal points is written.
  const last = new Map(points.map(([series, at, value]) => [keyOf(tenant, series, at), value]))
  const start = performance.now()
  let end: number | undefined
  let isStored = false
  try {
    await door.unit({ tenantId: tenant.id }, async (tx) => {
      // Its place in the order is then old when it writes.
      if (random.chance(0.5)) await sql`select pg_current_xact_id()`.execute(tx)
      isStored = (await writePoints(tx, tenant.id, sortColumns(columns), epoch)).isStored
      if (random.chance(0.05)) throw new RolledBack()
    })
    if (!isStored) return
    end = performance.now()
    stage.counts.writes++
  } catch (error) {
    if (error instanceof RolledBack) return
    if (!(error instanceof CommitUnknown)) throw error
    stage.counts.unknown++
  }
  stage.history.wrote([...last], start, end)
}

class RolledBack extends Error {}
