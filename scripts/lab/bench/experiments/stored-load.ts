// Points of a shape, written as rows and as the log and chunks, with what each costs.

import { HOUR, hourOf, type Micros, SECOND } from '@penstock/shared/base/time.ts'
import { compactDay } from '@penstock/shared/compaction/compact-day.ts'
import { planDays } from '@penstock/shared/compaction/plan.ts'
import { selectWaiting } from '@penstock/shared/compaction/queries.ts'
import { onOneConnection } from '@penstock/shared/database/one-connection.ts'
import { unitsOf } from '@penstock/shared/database/units.ts'
import { makeChunkMonth } from '@penstock/shared/points/chunk-months.ts'
import { type BlockColumns, makeColumns, sortColumns } from '@penstock/shared/points/columns.ts'
import { writePoints } from '@penstock/shared/points/write-points.ts'
import { type Client, types } from 'pg'
import { addCosts, type Cost, noCost, openMeter } from '../process-cpu.ts'
import type { Stage } from '../stage.ts'
import { makeTwin, TWIN } from './bare-writes.ts'

/** The pattern in which points arrive. */
export interface Shape {
  readonly name: string
  readonly what: string
  readonly series: number
  /** Points per series in one write. */
  readonly perWrite: number
  readonly stepUs: Micros
  readonly writes: number
  /** Number of series in one write. They are taken in turn. Default: all series. */
  readonly perPost?: number
  /** True for times with random microseconds and for random doubles; otherwise times are regular and values have two decimals. */
  readonly isHostile?: true
}

/** The limits that `compaction` has in the cloud. */
const LIMITS = { minPoints: 16_384, manyPoints: 20_000, mergeMs: 24 * 3_600_000 }
const BLOCK_SERIES = 64
const SLOT = 1_000_000

/** The month of all points. */
export const MONTH = '2026-10-01'

/** Makes the partition of the month. */
export async function makeMonth(stage: Stage): Promise<void> {
  const client = await stage.connectAs('partitions')
  await onOneConnection(client).transaction(
    { tenantId: null, readOnly: false },
    async (tx) => void (await makeChunkMonth(tx, MONTH)),
  )
  await client.end()
}

/** The series to which the points of a shape belong. */
export interface Source {
  /** Ids of its series, by number. */
  readonly ids: readonly number[]
  readonly beginAt: Micros
}

/** Makes the series of a shape. */
export async function makeSource({ admin, tenantId }: Stage, shape: Shape, beginAt: Micros): Promise<Source> {
  const { rows } = await admin.query<{ id: number }>(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256, block)
     select $1, $2, 'stored', '1', jsonb_build_object('n', i), sha256(convert_to($2 || ' ' || i, 'UTF8')), i / ${BLOCK_SERIES}
     from generate_series(0, $3::int - 1) i
     on conflict (tenant_id, identity_sha256) do update set block = excluded.block returning id`,
    [tenantId, shape.name, shape.series],
  )
  return { ids: rows.map(({ id }) => id), beginAt }
}

export interface Loaded {
  readonly points: number
  readonly insert: Cost
  /** The cost of compaction, roll-ups and vacuum. */
  readonly background: Cost
  readonly bytesPerPoint: number
}

/** The points of write number `write`: one mulberry32 step for each random number. */
function pointsOf(shape: Shape, { ids, beginAt }: Source, write: number): BlockColumns {
  const { series, perWrite, stepUs, perPost, isHostile } = shape
  const columns = makeColumns((perPost ?? series) * perWrite)
  let state = (write + 1) * 2_654_435_761
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  let place = 0
  for (let i = 0; i < (perPost ?? series); i++) {
    const number = perPost === undefined ? i : Math.floor(random() * series)
    for (let j = 0; j < perWrite; j++) {
      const jitter = isHostile ? Math.floor(random() * SLOT) : perPost === undefined ? 0 : i
      columns.series[place] = ids[number] as number
      columns.block[place] = Math.floor(number / BLOCK_SERIES)
      columns.at[place] = beginAt + (write * perWrite + j) * stepUs + jitter
      columns.value[place++] = isHostile
        ? random()
        : Math.round(2_000 + number + 500 * Math.sin((write * perWrite + j) / 50)) / 100
    }
  }
  return columns
}

/** A connection of a function's role that reads times as functions do: as text. */
export async function connectAsFunction(stage: Stage, name: string): Promise<Client> {
  const client = await stage.connectAs(name)
  for (const type of [types.builtins.TIMESTAMPTZ, types.builtins.TIMESTAMP, types.builtins.DATE])
    client.setTypeParser(type, String)
  return client
}

/** Writes all points of a shape to the log, compacts them hour by hour like the job, and vacuums. The points remain stored. */
export async function loadStored(stage: Stage, shape: Shape, source: Source): Promise<Loaded> {
  await using parts = new AsyncDisposableStack()
  const { admin, tenantId } = stage
  const writer = parts.adopt(await connectAsFunction(stage, 'metrics-ingest'), (client) => client.end())
  const job = parts.adopt(await connectAsFunction(stage, 'compaction'), (client) => client.end())
  const meter = await openMeter([admin, writer, job])
  const writing = onOneConnection(writer)
  const compact = compactionOf(job)
  let [insert, background] = [noCost, noCost]
  let points = 0
  let hour = hourOf(source.beginAt)
  const perHour = Math.max(1, Math.round(HOUR / (shape.stepUs * shape.perWrite)))
  for (let write = 0; write < shape.writes; write += perHour) {
    const group = Array.from({ length: Math.min(perHour, shape.writes - write) }, (_, i) =>
      sortColumns(pointsOf(shape, source, write + i)),
    )
    insert = addCosts(
      insert,
      await meter(async () => {
        for (const columns of group)
          await writing.transaction(
            { tenantId, readOnly: false },
            async (tx) => void (await writePoints(tx, tenantId, columns)),
          )
      }),
    )
    points += group.reduce((sum, { length }) => sum + length, 0)
    hour += HOUR
    background = addCosts(background, await meter(async () => await compact(hour + 60 * SECOND)))
    // Autovacuum would come about as often.
    if (hour % (6 * HOUR) === 0)
      background = addCosts(background, await meter(async () => await vacuum(admin, ['metric_log', 'metric_chunk'])))
  }
  background = addCosts(background, await meter(async () => await compact(hour + 26 * HOUR, true)))
  background = addCosts(
    background,
    await meter(async () => await vacuum(admin, ['metric_log', 'metric_chunk', 'metric_hour'])),
  )
  const bytes = await sizeOf(admin, ['metric_log', 'metric_chunk', 'metric_hour', 'metric_series_span'])
  return { points, insert, background, bytesPerPoint: bytes / points }
}

/** Makes a function that compacts the points that are due at an instant, or all of them, in as many runs as that takes. */
function compactionOf(job: Client): (now: Micros, all?: boolean) => Promise<void> {
  const compacting = onOneConnection(job)
  const db = unitsOf(async (kind, work) => await compacting.transaction(kind, work))
  return async (now, all = false) => {
    for (let written = 1; written > 0; ) {
      written = 0
      const waiting = await db.readAll((tx) => selectWaiting(tx, hourOf(now)))
      for (const plan of planDays(waiting, LIMITS, { now, all }))
        written += (await compactDay({ db, now: () => now / 1000 }, plan)).written
    }
  }
}

/** The same points as rows, upserted; `anew`: their table is made first. */
export async function loadRows(stage: Stage, shape: Shape, source: Source, anew = true): Promise<Loaded> {
  const { admin, tenantId } = stage
  const meter = await openMeter([admin])
  if (anew) await makeTwin(admin)
  let points = 0
  const groups = Array.from({ length: shape.writes }, (_, write) => sortColumns(pointsOf(shape, source, write)))
  const insert = await meter(async () => {
    for (const { length, series, at, value } of groups) {
      points += length
      await admin.query(
        `insert into ${TWIN} (tenant_id, series_id, ts, value)
         select $1::int, series, timestamptz 'epoch' + at * interval '1 microsecond', value
         from unnest($2::int[], $3::int8[], $4::float8[]) as p (series, at, value)
         on conflict (series_id, ts) do update set value = excluded.value where ${TWIN}.value is distinct from excluded.value`,
        [
          tenantId,
          Array.from(series.subarray(0, length)),
          Array.from(at.subarray(0, length)),
          Array.from(value.subarray(0, length)),
        ],
      )
    }
  })
  const background = await meter(async () => await vacuum(admin, [TWIN]))
  return { points, insert, background, bytesPerPoint: (await sizeOf(admin, [TWIN])) / points }
}

async function vacuum(admin: Client, tables: readonly string[]): Promise<void> {
  for (const table of tables) await admin.query(`vacuum ${table}`)
}

/** Returns the bytes of tables with their partitions, indexes and TOAST. Empty partitions are not counted. */
async function sizeOf(admin: Client, tables: readonly string[]): Promise<number> {
  const { rows } = await admin.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(c.oid))::float8 as bytes from pg_class c
     where c.relkind = 'r' and pg_relation_size(c.oid) > 0 and (
       c.oid = any($1::text[]::regclass[]) or exists (select from pg_inherits i where i.inhrelid = c.oid and i.inhparent = any($1::text[]::regclass[]))
     )`,
    [tables],
  )
  return rows[0]?.bytes ?? 0
}
