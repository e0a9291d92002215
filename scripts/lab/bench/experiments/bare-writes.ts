// Measures writes without our functions: the same points from plain clients.
import { once } from 'node:events'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { keepBusy, type Slice, type Subject } from '../measure.ts'
import { SERIES } from '../requests.ts'
import type { Stage } from '../stage.ts'

/** Ids from here on belong to no series of a load, so the points of plain clients can be distinguished. */
export const FIRST_BARE_SERIES = 1_000_000
/** A copy of metric_point for COPY, in a schema of its own, because functions refuse to work next to an unprotected table. */
export const TWIN = 'bench.point'
/** Points of a chunk of a stream. */
const COPIED_POINTS = 1_000

/** The statement by which metrics-ingest stores points of live months; see shared/points/point-queries.ts. */
const UPSERT = `
  insert into metric_point (tenant_id, series_id, ts, value)
  select $1::int, series, timestamptz 'epoch' + at * interval '1 microsecond', value
  from unnest($2::int[], $3::int8[], $4::float8[]) as p (series, at, value)
  on conflict (series_id, ts) do update set value = excluded.value
    where metric_point.value is distinct from excluded.value`

/**
 * Repeats the upsert of `points` points per transaction, as a function's role on `clients`. The tenant is set once and a statement is a
 * transaction, which are fewer round trips than any function can have.
 */
export function bareUpsert(stage: Pick<Stage, 'tenantId'>, clients: readonly Client[], points: number): Subject {
  const series = Math.min(points, SERIES)
  const instants = points / series
  const ids = arrayOf(points, (i) => FIRST_BARE_SERIES + Math.floor(i / instants))
  const values = arrayOf(points, (i) => 20 + Math.floor(i / instants) / 8)
  let next = Date.now()
  return {
    run: (ms) =>
      keepBusy(ms, clients.length, async (worker) => {
        const first = next
        next += instants
        const at = arrayOf(points, (i) => (first + (i % instants)) * 1000)
        await clients[worker]?.query(UPSERT, [stage.tenantId, ids, at, values])
        return points
      }),
  }
}

/** A piece of a COPY stream: lines in its text format. */
export interface CopyLines {
  readonly text: string
  readonly points: number
}

/** Runs one COPY stream into the copy of metric_point, one transaction per turn. */
export async function bareCopy(stage: Pick<Stage, 'admin' | 'tenantId'>): Promise<Subject> {
  await makeTwin(stage.admin)
  let next = Date.now()
  const until = function* (end: number): Iterable<CopyLines> {
    const instants = COPIED_POINTS / SERIES
    for (; performance.now() < end; next += instants) {
      yield { text: copyText(stage.tenantId, next, instants), points: COPIED_POINTS }
    }
  }
  return { run: (ms) => copyIntoTwin(stage.admin, until(performance.now() + ms)) }
}

/** Copies lines (tenant, series, time, value) into the copy of metric_point in one transaction. @throws {Error} the server's error. */
export async function copyIntoTwin(admin: Client, lines: Iterable<CopyLines>): Promise<Slice> {
  const begun = performance.now()
  let count = 0
  await admin.query('begin; set local role penstock_owner')
  const stream = admin.query(copyFrom(`copy ${TWIN} (tenant_id, series_id, ts, value) from stdin`))
  for (const { text, points } of lines) {
    if (!stream.write(text)) await once(stream, 'drain')
    count += points
  }
  stream.end()
  await once(stream, 'finish')
  await admin.query('commit')
  return { count, seconds: (performance.now() - begun) / 1000, latenciesMs: [], errors: 0 }
}

/** Returns the bytes that a partitioned table takes for each of its points, indexes included. */
export async function bytesPerPoint(admin: Client, table: string): Promise<number> {
  const { rows } = await admin.query<{ bytes: number }>(
    `select (select sum(pg_total_relation_size(relid)) from pg_partition_tree('${table}') where isleaf)::float8
       / (select count(*) from ${table}) as bytes`,
  )
  return rows[0]?.bytes ?? 0
}

/**
 * Makes an empty copy of metric_point with its partitions and indexes. It belongs to another owner and has no row security, because
 * PostgreSQL refuses COPY into a table with row security.
 */
export async function makeTwin(admin: Client): Promise<void> {
  const { rows } = await admin.query<{ bounds: string }>(
    `select pg_get_expr(relpartbound, oid) as bounds from pg_class
     where oid in (select inhrelid from pg_inherits where inhparent = 'metric_point'::regclass)`,
  )
  const partitions = rows.map(({ bounds }, i) => `create table ${TWIN}_${i} partition of ${TWIN} ${bounds}`)
  await admin.query(
    [
      'begin',
      'drop schema if exists bench cascade',
      'create schema bench authorization penstock_owner',
      'set local role penstock_owner',
      `create table ${TWIN} (like metric_point including all) partition by range (ts)`,
      ...partitions,
      'commit',
    ].join('; '),
  )
}

/** Sorted by series and time, the best order for a table's index. */
function copyText(tenantId: number, firstMs: number, instants: number): string {
  const times = Array.from({ length: instants }, (_, i) => new Date(firstMs + i).toISOString())
  let text = ''
  for (let series = 0; series < SERIES; series++) {
    const before = `${tenantId}\t${FIRST_BARE_SERIES + series}\t`
    const after = `\t${20 + series / 8}\n`
    for (const time of times) text += before + time + after
  }
  return text
}

const arrayOf = (length: number, item: (i: number) => number): string =>
  `{${Array.from({ length }, (_, i) => item(i)).join(',')}}`
