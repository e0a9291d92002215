// Measures writes without our functions: the same points from plain clients.
import { once } from 'node:events'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { keepBusy, type Slice, type Subject } from '../measure.ts'
import { SERIES } from '../requests.ts'
import type { Stage } from '../stage.ts'

/** Ids from here on belong to no series of a load, so the points of plain clients can be distinguished. */
export const FIRST_BARE_SERIES = 1_000_000
/** A table with a row for each point, in a schema of its own, because functions refuse to work next to an unprotected table. */
export const TWIN = 'bench.point'
/** Points of a chunk of a stream. */
const COPIED_POINTS = 1_000

/** Stores points as rows: of those with one key the last one stays. */
const UPSERT = `
  insert into ${TWIN} (tenant_id, series_id, ts, value)
  select $1::int, series, timestamptz 'epoch' + at * interval '1 microsecond', value
  from unnest($2::int[], $3::int8[], $4::float8[]) as p (series, at, value)
  on conflict (series_id, ts) do update set value = excluded.value
    where ${TWIN}.value is distinct from excluded.value`

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

/** Runs one COPY stream into the twin, which must exist, one transaction per turn. */
export function bareCopy(stage: Pick<Stage, 'admin' | 'tenantId'>): Subject {
  let next = Date.now()
  const until = function* (end: number): Iterable<CopyLines> {
    const instants = COPIED_POINTS / SERIES
    for (; performance.now() < end; next += instants) {
      yield { text: copyText(stage.tenantId, next, instants), points: COPIED_POINTS }
    }
  }
  return { run: (ms) => copyIntoTwin(stage.admin, until(performance.now() + ms)) }
}

/** Copies lines (tenant, series, time, value) into the twin in one transaction. @throws {Error} the server's error. */
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

/**
 * Makes the table without points. It has no row security, because PostgreSQL refuses COPY into a table with row security. Functions' roles may use it
 * like a table of theirs.
 */
export async function makeTwin(admin: Client): Promise<void> {
  await admin.query(
    [
      'begin',
      'drop schema if exists bench cascade',
      'create schema bench authorization penstock_owner',
      'set local role penstock_owner',
      `create table ${TWIN} (
        tenant_id int not null, series_id int not null, ts timestamptz not null,
        value float8 not null check (value between float8 '-1e150' and float8 '1e150'), primary key (series_id, ts)
      )`,
      `create index on ${TWIN} using brin (ts) with (pages_per_range = 32, autosummarize = on)`,
      'grant usage on schema bench to public',
      `grant select, insert, update on ${TWIN} to public`,
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
