// Measures the cost of reads from the log and chunks, in turns with the same answer from rows.

import { DAY, HOUR, MINUTE, type Micros, monthStart, SECOND } from '@penstock/shared/base/time.ts'
import { onOneConnection } from '@penstock/shared/database/one-connection.ts'
import { type BinaryRows, copyRows } from '@penstock/shared/points/binary-rows.ts'
import { readNewest } from '@penstock/shared/points/read-newest.ts'
import { readSeries } from '@penstock/shared/points/read-series.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { median, pairedRatio } from '../../figures.ts'
import type { Experiment } from '../experiment.ts'
import { openMeter } from '../process-cpu.ts'
import { figureRow, type Row, rounded } from '../row.ts'
import type { Stage } from '../stage.ts'
import { clearPoints } from '../stored-points.ts'
import { TWIN } from './bare-writes.ts'
import {
  connectAsFunction,
  loadRows,
  loadStored,
  MONTH,
  makeMonth,
  makeSource,
  type Shape,
  type Source,
} from './stored-load.ts'

type Tx = Transaction<Database>

const ROWS = sql.raw(TWIN)

const BEGIN: Micros = monthStart(MONTH) + 2 * DAY
/** Two shapes: 100 series at 10 s for ten hours, and 4 series at 1 s for a day. */
const MANY: Shape = { name: 'read-many', what: '', series: 100, perWrite: 10, stepUs: 10 * SECOND, writes: 360 }
const DENSE: Shape = { name: 'read-dense', what: '', series: 4, perWrite: 60, stepUs: SECOND, writes: 1_440 }
const ROUNDS = 5
/**
 * A turn repeats its read until the backends and this process have used about this much CPU, because the system counts in hundredths of a
 * second.
 */
const TURN_MS = 400

interface Question {
  readonly name: string
  readonly stored: (tx: Tx) => Promise<unknown>
  readonly rows: (tx: Tx) => Promise<unknown>
}

const names = ['minute-of-100', 'range-3600', 'day-of-seconds', 'newest-1000']

export const storedReading: Experiment = {
  names: names.flatMap((name) => [`stored-read.${name}.backend`, `stored-read.${name}.all`]),
  what: 'CPU of reads from chunks, in ms: the backend alone, and with Node; in turns with reads from rows',
  isHeavy: true,
  async run({ stage }, wanted) {
    await makeMonth(stage)
    await clearPoints(stage)
    const many = await makeSource(stage, MANY, BEGIN)
    const dense = await makeSource(stage, DENSE, BEGIN)
    await loadRows(stage, MANY, many)
    await loadRows(stage, DENSE, dense, false)
    await loadStored(stage, MANY, many)
    await loadStored(stage, DENSE, dense)
    await stage.admin.query(`analyze ${TWIN}; analyze metric_chunk`)
    const rows: Row[] = []
    for (const question of questionsOf(stage, many, dense))
      if (wanted.has(`stored-read.${question.name}.backend`) || wanted.has(`stored-read.${question.name}.all`))
        rows.push(...(await compare(stage, question)))
    await clearPoints(stage)
    return rows
  },
}

function questionsOf({ tenantId }: Stage, many: Source, dense: Source): readonly Question[] {
  const idsOf = (source: Source) => source.ids.map((id, i) => ({ id, block: Math.floor(i / 64) }))
  const stored = (series: ReturnType<typeof idsOf>, from: Micros, to: Micros) => async (tx: Tx) =>
    await readSeries(tx, { tenantId, series, from, to })
  const rows = (source: Source, count: number, from: Micros, to: Micros) => async (tx: Tx) =>
    await readAll(tx, source.ids.slice(0, count), from, to)
  const at = BEGIN + 5 * HOUR
  return [
    {
      name: 'minute-of-100',
      stored: stored(idsOf(many), at, at + MINUTE - 1),
      rows: rows(many, 100, at, at + MINUTE - 1),
    },
    {
      name: 'range-3600',
      stored: stored(idsOf(dense).slice(0, 1), at, at + HOUR - 1),
      rows: rows(dense, 1, at, at + HOUR - 1),
    },
    {
      name: 'day-of-seconds',
      stored: stored(idsOf(dense).slice(0, 1), BEGIN, BEGIN + DAY - 1),
      rows: async (tx) =>
        await sql`
          select date_bin('1 hour', ts, timestamptz '2000-01-01Z') as hour, count(*), sum(value), min(value), max(value) from ${ROWS}
          where series_id = ${dense.ids[0] ?? 0}::int and ${during(BEGIN, BEGIN + DAY - 1)} group by 1`.execute(tx),
    },
    {
      name: 'newest-1000',
      stored: async (tx) =>
        await readNewest(tx, {
          tenantId,
          series: null,
          from: BEGIN,
          after: { ts: BEGIN + DAY, seriesId: 2 ** 31 },
          count: 1_000,
        }),
      rows: async (tx) => {
        const newest = await copyRows(
          tx,
          sql`select series_id, ts, value from ${ROWS} where ${during(BEGIN + DAY - 6 * MINUTE, BEGIN + DAY)} order by ts desc, series_id desc limit 1000`,
        )
        readToEnd(newest)
      },
    },
  ]
}

const micros = (at: Micros): RawBuilder<unknown> =>
  sql`timestamptz 'epoch' + ${sql.lit(at)}::int8 * interval '1 microsecond'`
const during = (from: Micros, to: Micros): RawBuilder<unknown> => sql`ts >= ${micros(from)} and ts <= ${micros(to)}`

/** Reads the rows of these series in binary, in place: the minimum that any reader of rows must do. */
async function readAll(tx: Tx, ids: readonly number[], from: Micros, to: Micros): Promise<void> {
  const rows = await copyRows(
    tx,
    sql`select series_id, ts, value from ${ROWS} where series_id = any(${sql.lit(`{${ids.join(',')}}`)}::int[]) and ${during(from, to)} order by series_id, ts`,
  )
  readToEnd(rows)
}

/** Decodes the series, the instant and the value of every row. */
function readToEnd(rows: BinaryRows): void {
  while (rows.next()) {
    rows.int4()
    rows.instant()
    rows.float8()
  }
}

async function compare(stage: Stage, question: Question): Promise<readonly Row[]> {
  await using parts = new AsyncDisposableStack()
  const client = parts.adopt(await connectAsFunction(stage, 'metrics-query'), (one) => one.end())
  const meter = await openMeter([client])
  const connection = onOneConnection(client)
  const beginning = { tenantId: stage.tenantId, readOnly: true, oneSnapshot: true }
  const turn = async (work: (tx: Tx) => Promise<unknown>): Promise<{ backend: number; all: number }> => {
    let count = 0
    const end = performance.now() + TURN_MS * 2
    const { backendUs, nodeUs } = await meter(async () => {
      do {
        await connection.transaction(beginning, work)
        count++
      } while (performance.now() < end)
    })
    return { backend: backendUs / 1000 / count, all: (backendUs + nodeUs) / 1000 / count }
  }
  const [stored, rows]: { backend: number; all: number }[][] = [[], []]
  await turn(question.stored)
  await turn(question.rows)
  for (let round = 0; round < ROUNDS; round++) {
    stored?.push(await turn(question.stored))
    rows?.push(await turn(question.rows))
  }
  return (['backend', 'all'] as const).map((figure) => {
    const [ours, theirs] = [(stored ?? []).map((one) => one[figure]), (rows ?? []).map((one) => one[figure])]
    return {
      ...figureRow(`stored-read.${question.name}.${figure}`, 'ms', rounded(median(ours) ?? 0, 3)),
      connections: 1,
      limit: rounded(median(theirs), 3),
      ratio: rounded(pairedRatio(theirs, ours), 2),
    }
  })
}
