// Reads the rows of a CSV file as chunks of points.

import type { Micros } from '@penstock/shared/base/time.ts'
import { MAX_VALUE } from '@penstock/shared/points/metric.ts'
import type { Rejection } from '@penstock/shared/points/verdicts.ts'
import { type Info, type Parser, parse } from 'csv-parse'
import { type Chunk, type ChunkBuilder, createChunk, type Position } from '../chunk.ts'
import { ImportError } from '../import-error.ts'
import { createRepeatedHours, type RepeatedHours } from '../repeated-hours.ts'
import { createRowSeries, type RowSeries, rowKey } from '../row-series.ts'
import type { ColumnNames, NameSeries } from '../series-names.ts'
import type { CsvPlan } from './csv-plan.ts'
import { createLineCounter } from './line-counter.ts'
import { isMissing, readNumber } from './numbers.ts'
import { timeText } from './time-column.ts'
import { createTimeReader, type ReadTime, slashOrder } from './times.ts'
import type { Zone } from './zone.ts'

export interface CsvDeps {
  readonly plan: CsvPlan
  readonly zone: Zone
  readonly source: ColumnNames['source']
  readonly nameSeries: NameSeries
  readonly judgeInstant: (index: number, at: Micros) => Rejection | undefined
}

type Row = readonly string[]

/** Without this limit, an unclosed quote would turn the rest of the file into one cell. */
const MAX_ROW_BYTES = 1024 * 1024
/** Rows may end differently from the first one. */
const ROW_ENDS = ['\r\n', '\n', '\r']
const UNREADABLE_SHOWN = 40

/**
 * Reads rows after `from` into chunks, in the order of the file. A row is always in one chunk. `before` is the part of the file up to
 * `from`, needed for zones with repeated hours: the choice between their instants may depend on earlier rows.
 * @throws {ImportError} with the line, when the file is not valid CSV.
 */
export async function* readCsv(
  { plan, zone, judgeInstant, source, nameSeries }: CsvDeps,
  blocks: AsyncIterable<Buffer>,
  from: Position,
  before?: AsyncIterable<Buffer>,
): AsyncGenerator<Chunk> {
  const rowSeries = createRowSeries({ plan, source, nameSeries })
  const full: Chunk[] = []
  let builder = createChunk(plan.metrics.length)
  let end = from
  let isHeader = from.bytes === 0
  const counter = createLineCounter(from.lines)
  const finish = (isLast: boolean) => {
    full.push(builder.finish(rowSeries.take(), end, isLast))
    builder = createChunk(plan.metrics.length)
  }
  const hours = createRepeatedHours(plan.time.descending)
  const onDoubt = (certainty: 'shown twice' | 'never shown') => builder.tally.doubtful[certainty]++
  const readTime = createTimeReader(plan.time.format, zone, onDoubt, (...choice) => hours.choose(...choice))
  if (before) {
    await passTimes(plan, before, hours, readTime)
    builder = createChunk(plan.metrics.length)
  }
  const parser = openParser(plan, (row, info) => {
    const line = counter.lineAt(info.bytes)
    end = { bytes: from.bytes + info.bytes, lines: line }
    if (isHeader) isHeader = false
    else {
      hours.enter(rowSeries.keyOf(row))
      takeRow({ plan, readTime, judgeInstant, rowSeries }, builder, row, line)
    }
    if (builder.isFull()) finish(false)
  })
  for await (const block of blocks) {
    counter.feed(block)
    await feed(parser, block, from.lines)
    yield* full.splice(0)
  }
  await feed(parser, null, from.lines)
  finish(true)
  yield* full
}

/** Reads the times of rows that an earlier run has stored. */
async function passTimes(
  plan: CsvPlan,
  blocks: AsyncIterable<Buffer>,
  hours: RepeatedHours,
  readTime: ReadTime,
): Promise<void> {
  const keyOf = rowKey(plan)
  const parser = openParser(plan, (row) => {
    hours.enter(keyOf(row))
    readTime(timeText(row, plan.time))
  })
  for await (const block of blocks) await feed(parser, block, 0)
  await feed(parser, null, 0)
}

/**
 * Finds the order of day and month in the file's slashed dates, as soon as a row shows it.
 * @throws {ImportError} when the file is not valid CSV.
 */
export async function findSlashOrder(
  plan: CsvPlan,
  blocks: AsyncIterable<Buffer>,
): Promise<ReturnType<typeof slashOrder>> {
  let order: ReturnType<typeof slashOrder>
  const parser = openParser(plan, (row) => {
    order ??= slashOrder(row[plan.time.column] ?? '')
  })
  for await (const block of blocks) {
    await feed(parser, block, 0)
    if (order !== undefined) return order
  }
  await feed(parser, null, 0)
  return order
}

/** Opens a parser that passes rows on and stores none. */
function openParser(plan: CsvPlan, onRow: (row: Row, info: Info) => void): Parser {
  const parser = parse({
    delimiter: plan.delimiter,
    bom: true,
    record_delimiter: ROW_ENDS,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    on_record: (row: Row, info) => {
      onRow(row, info)
      return null
    },
  })
  // The error is reported to the caller of `feed`.
  parser.on('error', () => {})
  return parser
}

/** Resolves when the rows that end in this block, or at the end of the file, have been passed on. */
async function feed(parser: Parser, block: Buffer | null, lines: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(error) : resolve())
      if (block !== null) parser.write(block, done)
      else parser.once('error', reject).resume().once('end', resolve).end()
    })
  } catch (error) {
    if (!(error as { code?: string }).code?.includes('_')) throw error
    const line = lines + parser.info.lines
    throw new ImportError(`line ${line}: ${(error as Error).message}`, { cause: error })
  }
}

function takeRow(
  {
    plan,
    readTime,
    judgeInstant,
    rowSeries,
  }: Pick<CsvDeps, 'plan' | 'judgeInstant'> & { readonly readTime: ReadTime; readonly rowSeries: RowSeries },
  chunk: ChunkBuilder,
  row: Row,
  line: number,
): void {
  if (row.every(isBlank)) return
  chunk.tally.rows++
  const broken = brokenShape(row, plan.width)
  if (broken !== undefined) return chunk.refuse(line, null, 'bad_line', broken)
  const text = timeText(row, plan.time)
  const at = readTime(text)
  if (at === undefined) {
    return chunk.refuse(
      line,
      plan.time.name,
      'bad_time',
      `${quoted(text)} is not a time in the format ${plan.time.format}`,
    )
  }
  const rejection = judgeInstant(0, at)
  if (rejection) return chunk.refuse(line, plan.time.name, rejection.code, rejection.detail)
  const first = rowSeries.placeOf(row)
  if (typeof first === 'string') return chunk.refuse(line, null, 'invalid', first)
  for (const [i, { column, name }] of plan.metrics.entries()) {
    const cell = row[column] ?? ''
    const value = readNumber(cell, plan.decimal)
    if (value === undefined) {
      if (isMissing(cell)) chunk.tally.empty++
      else chunk.refuse(line, name, 'bad_value', `${quoted(cell)} is not a number`)
    } else if (value < -MAX_VALUE || value > MAX_VALUE) {
      chunk.refuse(line, name, 'invalid', `${quoted(cell)} must be from -1e150 to 1e150`)
    } else chunk.add(first + i, at, value, line)
  }
}

/** Additional empty cells come from a delimiter at the end of the row, and are allowed. */
function brokenShape(row: Row, width: number): string | undefined {
  if (row.length === width || (row.length > width && row.slice(width).every(isBlank))) return undefined
  return `has ${row.length} cells, the header ${width}`
}

const isBlank = (cell: string): boolean => cell === '' || cell.trim() === ''

const quoted = (text: string): string =>
  JSON.stringify(text.length > UNREADABLE_SHOWN ? `${text.slice(0, UNREADABLE_SHOWN)}…` : text)
