// Compares one snapshot from several sides: points as readers and as SQL see them, roll-ups with points, and no data of another tenant.

import { formatTimestamp, hourOf, monthOf } from '@penstock/shared/base/time.ts'
import type { Client } from 'pg'
import { lasting } from '../../stand/clients.ts'
import { keyOf, type Stage } from '../stage.ts'
import { ARCHIVED, LAST_OLD_MONTH, OLD } from '../world/instants.ts'
import type { CheckedTenant } from '../world/world.ts'
import { overObjects, readUnder, recordArchived, type Stored } from './snapshot-objects.ts'

interface SeenSnapshot {
  /** The name from `pg_export_snapshot`; its transaction is open. */
  readonly snapshot: string
  readonly tenant: CheckedTenant
  /** The snapshot is younger than this instant. */
  readonly start: number
  /** The points that a reader found in it. */
  readonly seen: ReadonlyMap<string, number>
}

/** Records differences between a reader's view of a snapshot and the tables in it, with the objects that it names. */
export async function compareSnapshot(
  stage: Stage,
  client: Client,
  { snapshot, tenant, start, seen }: SeenSnapshot,
): Promise<void> {
  await compareReader(stage, { snapshot, tenant, start, seen })
  const ids = [...tenant.series, ...tenant.pair].map(({ id }) => id)
  try {
    await client.query(`begin isolation level repeatable read read only; set transaction snapshot '${snapshot}'`)
    const points = await client.query<Stored>(
      `select series_id, (extract(epoch from ts) * 1000000)::float8 as at, value from stored_point
       where tenant_id = $1 and series_id = any($2) and ts <> $3::timestamptz order by series_id, ts`,
      [tenant.id, ids, `${LAST_OLD_MONTH} 00:00:00+00`],
    )
    comparePoints(stage, tenant, points.rows, seen)
    const under = await readUnder(stage, client, tenant)
    const all = overObjects(points.rows, under.points)
    recordArchived(stage, tenant, { all, unknown: under.unknown, start })
    const hours = await client.query<Hour>(
      `select series_id, (extract(epoch from bucket) * 1000000)::float8 as bucket, count, sum, min, max from stored_hour
       where tenant_id = $1 and series_id = any($2)`,
      [tenant.id, ids],
    )
    const touched = await client.query<{ series_id: number; bucket: number }>(
      `select distinct p.series_id, (floor(extract(epoch from p.ts) / 3600) * 3600000000)::float8 as bucket
       from metric_log l, unnest(l.series, l.ts) p (series_id, ts) where l.tenant_id = $1`,
      [tenant.id],
    )
    const isTouched = new Set(touched.rows.map((one) => `${one.series_id} ${one.bucket}`))
    compareHours(stage, all, hours.rows, (key, bucket) => isTouched.has(key) || under.hasNoRollups(monthOf(bucket)))
    await compareChunks(stage, client, tenant)
  } finally {
    await client.query('rollback')
  }
}

/** Compares the points that the tenant's own reader finds in the snapshot through `metric_points` with those that were seen. */
async function compareReader(
  { world, history }: Stage,
  { snapshot, tenant, start, seen }: SeenSnapshot,
): Promise<void> {
  const client = lasting({ connectionString: tenant.reader })
  await client.connect()
  try {
    await client.query(`begin isolation level repeatable read read only; set transaction snapshot '${snapshot}'`)
    const [from, to] = [Math.min(...OLD), Math.max(...world.instants)]
    const { rows } = await client.query<Stored>(
      `select s.id as series_id, (extract(epoch from p.ts) * 1000000)::float8 as at, p.value
       from metric_series s cross join lateral metric_points(s.id, $1, $2) p`,
      [formatTimestamp(from), formatTimestamp(to)],
    )
    const isKept = new Set([...tenant.series, ...tenant.pair].map(({ id }) => id))
    const known = new Set([...world.instants, ...ARCHIVED, ...OLD])
    const keyed = (kept: boolean) =>
      rows
        .filter(({ series_id, at }) => isKept.has(series_id) === kept && known.has(at))
        .map(({ series_id, at, value }) => [keyOf(tenant, { id: series_id }, at), value] as const)
    // A series that is erased at times may be missing, so only its points that are there are recorded.
    history.saw(keyed(false), start, performance.now())
    const found = new Map(keyed(true))
    for (const key of new Set([...found.keys(), ...seen.keys()]))
      if (found.get(key) !== seen.get(key))
        history.found('metric_points differs', `${key}: ${found.get(key)} and ${seen.get(key)}`)
  } finally {
    await client.end()
  }
}

interface Hour {
  readonly series_id: number
  readonly bucket: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
}

function comparePoints(
  { history }: Stage,
  tenant: CheckedTenant,
  rows: readonly Stored[],
  seen: ReadonlyMap<string, number>,
): void {
  const series = new Map([...tenant.series, ...tenant.pair].map((one) => [one.id, one]))
  for (const { series_id, at, value } of rows) {
    const one = series.get(series_id)
    const found = one && seen.get(keyOf(tenant, one, at))
    if (found !== value) history.found('SQL and readers differ', `series ${series_id} at ${at}: ${value} and ${found}`)
  }
  if (rows.length !== seen.size) history.found('SQL and readers differ', `${rows.length} points and ${seen.size}`)
}

/**
 * The roll-up of an hour that no row of the log touches equals its points, added in the order of time, to the bit; without points there
 * is none.
 */
function compareHours(
  { history }: Stage,
  points: readonly Stored[],
  hours: readonly Hour[],
  isLeftOut: (key: string, bucket: number) => boolean,
): void {
  const computed = new Map<string, Hour>()
  for (const { series_id, at, value } of points) {
    const bucket = hourOf(at)
    const hour = computed.get(`${series_id} ${bucket}`)
    computed.set(`${series_id} ${bucket}`, {
      series_id,
      bucket,
      count: (hour?.count ?? 0) + 1,
      sum: (hour?.sum ?? 0) + value,
      min: Math.min(hour?.min ?? value, value),
      max: Math.max(hour?.max ?? value, value),
    })
  }
  const stored = new Map(hours.map((hour) => [`${hour.series_id} ${hour.bucket}`, hour]))
  for (const key of new Set([...computed.keys(), ...stored.keys()])) {
    if (isLeftOut(key, Number(key.split(' ')[1]))) continue
    const [a, b] = [JSON.stringify(computed.get(key)), JSON.stringify(stored.get(key))]
    if (a !== b) history.found('roll-up', `${key}: its points come to ${a}, its roll-up is ${b}`)
  }
}

async function compareChunks({ history }: Stage, client: Client, tenant: CheckedTenant): Promise<void> {
  const { rows } = await client.query(
    `select from (
       select series_id, first_ts, lag(last_ts) over (partition by series_id order by last_ts) as before from metric_chunk where tenant_id = $1
     ) c where first_ts <= before`,
    [tenant.id],
  )
  if (rows.length > 0) history.found('chunks overlap', `${rows.length} of tenant ${tenant.id}`)
}
