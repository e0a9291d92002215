// Variants of the product, each with one rule of the log and chunks removed: the checker must then find a violation. The product's code
// has no switch for it; the statements are changed on their way.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { copyRows } from '@penstock/shared/points/binary-rows.ts'
import { joinPieces } from '@penstock/shared/points/read-series.ts'
import { readPieces, rowsOfRange, type StoredRange } from '@penstock/shared/points/stored-rows.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'
import type { Client } from 'pg'
import { lasting } from '../stand/clients.ts'
import type { BeforeStatement } from './world/door.ts'

/** Number of actors of each kind that work at one time. */
export interface Cast {
  readonly writers: number
  readonly compactors: number
  readonly readers: number
  readonly httpReaders: number
  readonly erasers: number
}

export interface Variant {
  readonly name: string
  /** The rule that is removed; empty for the unchanged product. */
  readonly without: string
  /** Run as the superuser before anything else. */
  readonly setup?: string
  /** Rewrites the statements of a compactor; made for each of them. */
  readonly compactor?: (superuser: string) => BeforeStatement
  /** Numbers of actors, where the usual ones seldom meet. */
  readonly cast?: Partial<Cast>
  /** True when compactors connect as the superuser. */
  readonly asSuperuser?: boolean
  /** Rewrites the statements of readers. */
  readonly reader?: BeforeStatement
  /** The server itself refuses what the variant does, with an error that contains this text; there is no violation then. */
  readonly refused?: string
  /** Rewrites the statements of retention's instances and their calls of storage; made for each instance. */
  readonly retention?: (given: Retention) => { readonly before: BeforeStatement; readonly store: ArchiveStore }
  /** A transaction that changes a month does not forget the run that is recorded for it. */
  readonly keepsRuns?: boolean
  /** A restore into another cluster keeps the runs that were recorded in the first one. */
  readonly keepsGates?: boolean
  /** Readers read log and chunks by two statements of a READ COMMITTED transaction. */
  readonly readsTwice?: boolean
}

/** Asks as the superuser. */
export type Ask = (statement: string, parameters: readonly unknown[]) => Promise<readonly object[]>

export interface Retention {
  readonly ask: Ask
  readonly store: ArchiveStore
}

const JUST_BEFORE = (column: string): string => `(${column} - interval '1 microsecond') as last_ts`
export const GATE = /\(era, xid\) < \((\d+)::smallint, '(\d+)'::xid8\)/
const isTake = (statement: string): boolean => statement.includes('delete from metric_log')
const isChunkRead = (statement: string): boolean => statement.includes('as s (id, lower, upper)')

const rewriting = (change: (statement: string) => string) => (): BeforeStatement => async (statement) =>
  change(statement)

export const variants: readonly Variant[] = [
  { name: 'as it is', without: '' },
  {
    name: 'order by a sequence',
    without: 'the order is the transaction’s xid',
    setup: `
      create sequence place;
      create function next_place() returns xid8 language plpgsql security definer as $$
      begin
        perform pg_sleep(random() * 0.003);
        return nextval('place')::text::xid8;
      end $$;
      alter table metric_log alter xid set default next_place();`,
    // The gate of transactions remains: the row's own.
    compactor: rewriting((statement) => statement.replace(GATE, "xmin::text::bigint < '$2'::bigint")),
  },
  {
    name: 'no gate',
    without: 'compaction takes only what is below the gate',
    compactor: rewriting((statement) => statement.replace(GATE, 'true')),
  },
  {
    name: 'the gate read twice',
    without: 'the gate is read once for a transaction',
    compactor: rewriting((statement) =>
      isTake(statement)
        ? statement.replace(GATE, '(era, xid) < ($1::smallint, pg_snapshot_xmin(pg_current_snapshot()))')
        : statement,
    ),
  },
  {
    name: 'a partial take',
    without: 'all rows of a point are taken, or none above one that is left',
    compactor: rewriting((statement) =>
      statement.replace(GATE, "(era, xid) < ($1::smallint, '$2'::xid8) and random() < 0.5"),
    ),
  },
  {
    name: 'wide rows apart',
    without: 'a block is compacted with the wide rows that hold its points',
    compactor: rewriting((statement) => statement.replace("block = any('{-1}'::int[])", 'false')),
  },
  { name: 'two read statements', without: 'log and chunks are read in one snapshot', readsTwice: true },
  {
    name: 'newest first at, instead of above',
    without: 'of the newest rows only points strictly after the next row’s end are complete',
    // Equivalent to treating them as complete from that end on.
    reader: async (statement) =>
      statement
        .replaceAll('l.last_ts, null::timestamptz', `${JUST_BEFORE('l.last_ts')}, null::timestamptz`)
        .replaceAll('null::xid8 as xid, last_ts,', `null::xid8 as xid, ${JUST_BEFORE('last_ts')},`),
  },
  {
    name: 'chunks read before the lock',
    without: 'chunks are read by a statement that comes after the lock',
    compactor: chunksOfOldSnapshot,
    cast: { compactors: 10 },
  },
  {
    name: 'REPEATABLE READ compaction',
    without: 'compaction is READ COMMITTED',
    // Two compactions of a tenant at one time see the same rows of the log; the second one deletes what the first has deleted.
    refused: 'could not serialize access',
    compactor: () => async (statement) => {
      await holdLock(statement)
      return begins(statement)
        ? statement.replace('begin', 'start transaction isolation level repeatable read')
        : statement
    },
  },
  {
    name: 'TRUNCATE instead of DELETE',
    without: 'what is taken is deleted',
    asSuperuser: true,
    compactor: truncating,
  },
  {
    name: 'the mark not moved',
    without: 'the mark of a day moves with every change of its chunks',
    compactor: rewriting((statement) =>
      statement.replace('set mark = default, random = excluded.random, points', 'set points'),
    ),
  },
  {
    name: 'era ignored',
    without: 'the order is (era, xid), and so is the gate',
    compactor: rewriting((statement) =>
      statement
        .replace(GATE, "xid < '$2'::xid8")
        .replace('returning block, era, xid', 'returning block, 0::smallint as era, xid'),
    ),
    reader: async (statement) => statement.replaceAll('l.era, l.xid', '0::smallint as era, l.xid'),
  },
  {
    name: 'leaving ignored',
    without: 'compaction reads `leaving` for share, and leaves such a month alone',
    compactor: rewriting((statement) =>
      statement.replace(
        /select leaving from chunk_month where month = (\S+)::date for share/,
        'select false as leaving from chunk_month where month = $1::date',
      ),
    ),
  },
  {
    name: 'only the touched chunk',
    without: 'a roll-up is computed from all chunks of its hour',
    compactor: rewriting((statement) =>
      isChunkRead(statement)
        ? statement.replace(/\) c\s+where c\.series_id = s\.id/, 'limit 1) c where c.series_id = s.id')
        : statement,
    ),
  },
]

const begins = (statement: string): boolean => statement.startsWith('begin')

/** A transaction waits before its end, so that others queue for the lock. */
const holdLock = async (statement: string): Promise<void> => {
  if (statement === 'commit') await sleep(60)
}

/** Reads chunks in a snapshot that was taken when the transaction began, before the lock was granted. */
function chunksOfOldSnapshot(superuser: string): BeforeStatement {
  let snapshot: string | undefined
  let holder: Client | undefined
  return async (statement) => {
    await holdLock(statement)
    if (begins(statement)) {
      await holder?.end()
      holder = lasting({ connectionString: superuser })
      await holder.connect()
      await holder.query('begin isolation level repeatable read')
      const { rows } = await holder.query<{ id: string }>('select pg_export_snapshot() as id')
      snapshot = rows[0]?.id
    }
    if (!isChunkRead(statement) || !holder || snapshot === undefined) return statement
    // The old snapshot's rows are stored where the statement reads from.
    const table = `old_chunk_${snapshot.replaceAll('-', '_').toLowerCase()}`
    await holder.query(`create unlogged table ${table} as select * from metric_chunk`)
    await holder.query(`grant select on ${table} to public`)
    await holder.query('commit')
    return statement.replaceAll('from metric_chunk', `from ${table}`)
  }
}

/** Takes rows like detaching a partition of the log would: the others are put aside, and everything is truncated. */
function truncating(): BeforeStatement {
  let takes = 0
  return async (statement, client) => {
    if (!isTake(statement)) return statement
    const [, where = '', columns = ''] = /where\s+(.*)\s+returning\s+(.*)\) to stdout/s.exec(statement) ?? []
    const taken = `taken_${++takes}`
    await client.query(`
      lock table metric_log in access exclusive mode;
      create temp table ${taken} on commit drop as select * from metric_log where ${where};
      create temp table kept on commit drop as select * from metric_log where not (${where});
      truncate metric_log;
      insert into metric_log select * from kept;
      drop table kept`)
    return `copy (select ${columns} from ${taken}) to stdout (format binary)`
  }
}

/** Like `readSeries`, but with two statements. */
export async function readInTwoStatements(tx: Transaction<Database>, range: StoredRange) {
  const statement = rowsOfRange(range).compile(tx).sql
  const without = (from: RegExp, table: string, alias: string) =>
    sql.raw(statement.replaceAll(from, `$1 (select * from ${table} where false) ${alias}`))
  const wanted = new Set(range.series.map(({ id }) => id))
  const chunks = readPieces(await copyRows(tx, without(/(from|join) metric_log l\b/g, 'metric_log', 'l')), wanted)
  await sql`select pg_sleep(0.002)`.execute(tx)
  const log = readPieces(await copyRows(tx, without(/(from) metric_chunk\b/g, 'metric_chunk', 'metric_chunk')), wanted)
  const ids = new Set([...chunks.keys(), ...log.keys()])
  return new Map(
    [...ids].map((id) => [id, joinPieces([...(chunks.get(id) ?? []), ...(log.get(id) ?? [])], range)] as const),
  )
}
