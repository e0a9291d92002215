// Plans how to read a CSV file: the column of time, the columns of values, and the series that these become.
import { isUtf8 } from 'node:buffer'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import { parse } from 'csv-parse/sync'
import { ImportError } from '../import-error.ts'
import type { CsvOptions } from '../options.ts'
import { bracedColumns, labelColumns, type NamedColumn, refuseLostNames } from '../row-names.ts'
import type { NameSeries } from '../series-names.ts'
import type { Source } from '../source.ts'
import { type Decimal, hasDecimalComma, isMissing, readNumber } from './numbers.ts'
import { chooseTimeColumn, type TimeColumn, timeText } from './time-column.ts'

export interface CsvPlan {
  readonly delimiter: string
  /** Number of columns of the file. */
  readonly width: number
  readonly decimal: Decimal
  /** `guessed` is true when nothing shows whether 2/1/2019 is in January or in February. */
  readonly time: TimeColumn
  readonly metrics: readonly Metric[]
  /** Columns that determine a row's series, as labels or in braces. Without such columns, `metrics` determines it alone. */
  readonly labels: readonly NamedColumn[]
  readonly braced: readonly NamedColumn[]
  /** Columns with decimal commas, which are not read. */
  readonly commas: readonly string[]
  /** Names of columns that are not imported. */
  readonly leftOut: readonly string[]
}

export interface Metric {
  readonly column: number
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly series: SeriesName
}

const SAMPLE_ROWS = 1_000

/**
 * Makes the plan of a file from its first rows and the command line.
 * @throws {ImportError} when a named column does not exist, there is no column of time or of numbers, or a series would break a rule.
 */
export function planCsv(source: Source, options: CsvOptions, nameSeries: NameSeries): CsvPlan {
  const delimiter = options.delimiter ?? delimiterOf(source)
  const [names = [], ...rows] = sample(source, delimiter)
  const header = names.map((name) => name.trim())
  const twice = header.find((name, i) => name !== '' && header.indexOf(name) !== i)
  if (twice !== undefined) throw new ImportError(`${source.path} has two columns ${JSON.stringify(twice)}`)
  const absent = [...options.labelColumns, ...options.leaveOut].find((name) => !header.includes(name))
  if (absent !== undefined) throw absentColumn(source, header, absent)
  const time = chooseTimeColumn(source.path, header, rows, options)
  const braced = bracedColumns(header, options)
  const named = options.metrics.length > 0 ? namedColumns(source, header, options) : undefined
  const claimed = new Set([time.column, time.clock ?? -1, ...[...(named ?? []), ...braced].map(({ column }) => column)])
  const labels = labelColumns(header, rows, claimed, options)
  for (const { column } of labels) claimed.add(column)
  const free = (column: number) => !claimed.has(column) && !options.leaveOut.includes(header[column] ?? '')
  const wanted = named ?? numericColumns(header, rows, free, options.decimal)
  const commas = options.decimal === ',' ? [] : commaColumns(header, rows, free)
  const hint = commas.length > 0 ? `: ${list(commas)} hold decimal commas, which --decimal , reads` : ''
  if (wanted.length === 0)
    throw new ImportError(`${source.path} has no column with numbers${hint}; its columns are ${list(header)}`)
  const metricsOf = (row: readonly string[]) =>
    wanted.map(({ column, type, unit }): Metric => {
      const name = header[column] ?? ''
      const names = namesIn(row, { labels, braced })
      return { column, name, type, unit, series: nameSeries({ source, type, unit, column: name, ...names }) }
    })
  const metrics = firstThatWorks(rows.length > 0 ? rows : [[]], metricsOf)
  refuseEqualSeries(source, metrics)
  for (const { column } of metrics) claimed.add(column)
  const left = [...header.keys()].filter((column) => !claimed.has(column))
  const keyOf = (row: readonly string[]) =>
    JSON.stringify([timeText(row, time), ...[...labels, ...braced].map(({ column }) => row[column])])
  refuseLostNames(source.path, header, rows, keyOf, left.filter(free))
  return {
    delimiter,
    decimal: options.decimal,
    width: header.length,
    time,
    metrics,
    labels,
    braced,
    commas,
    leftOut: left.map((i) => header[i] || `(column ${i + 1})`),
  }
}

/** Returns the cells of a row that determine its series. */
export function namesIn(row: readonly string[], { labels, braced }: Pick<CsvPlan, 'labels' | 'braced'>) {
  const cells = (columns: readonly NamedColumn[]) =>
    new Map(columns.map(({ column, name }) => [name, (row[column] ?? '').trim()]))
  return { labels: cells(labels), cells: cells(braced) }
}

/** Returns the result of the first item that `work` accepts; when it accepts none, throws the error of the first. */
function firstThatWorks<T, R>(of: readonly T[], work: (one: T) => R): R {
  for (const one of of) {
    try {
      return work(one)
    } catch (error) {
      if (!(error instanceof ImportError)) throw error
    }
  }
  return work(of[0] as T)
}

/** Returns the most frequent delimiter of the header, outside quotes; a comma when there is none. */
function delimiterOf({ head }: Source): string {
  const [header = ''] = head.toString('utf8').split(/\r?\n|\r/, 1)
  const bare = header.replaceAll(/"[^"]*"/g, '')
  const count = (delimiter: string) => bare.split(delimiter).length
  return [',', ';', '\t', '|'].reduce((best, one) => (count(one) > count(best) ? one : best))
}

/** Returns the header and the first rows. */
function sample({ path, head }: Source, delimiter: string): string[][] {
  // The head may end within a row or a character.
  const end = head.lastIndexOf(0x0a)
  const whole = end < 0 ? head : head.subarray(0, end + 1)
  if (!isUtf8(whole)) throw new ImportError(`${path} is not valid UTF-8: convert it`)
  return parse(whole, {
    delimiter,
    bom: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    // A quoted cell may end after the head; if it does not, reading the rows reports that with the line.
    skip_records_with_error: true,
    to: SAMPLE_ROWS + 1,
  })
}

interface WantedColumn {
  readonly column: number
  readonly type: string
  readonly unit: string
}

function namedColumns({ path }: Source, header: readonly string[], { metrics }: CsvOptions): WantedColumn[] {
  return metrics.map(({ column: name, type, unit }) => {
    const column = header.indexOf(name)
    if (column < 0) throw absentColumn({ path }, header, name)
    return { column, type, unit }
  })
}

/** Returns the columns that mostly hold numbers, or nothing so far. A column without a name would have no type. */
function numericColumns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  isFree: (column: number) => boolean,
  decimal: Decimal,
): WantedColumn[] {
  return header.flatMap((type, column) => {
    if (!isFree(column) || type === '') return []
    const filled = rows.map((row) => row[column] ?? '').filter((cell) => !isMissing(cell))
    const numbers = filled.filter((cell) => readNumber(cell, decimal) !== undefined)
    return numbers.length * 2 >= filled.length ? [{ column, type, unit: '1' }] : []
  })
}

/** Returns the names of columns with some decimal commas. */
function commaColumns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  isFree: (column: number) => boolean,
): string[] {
  return header.filter((_, column) => {
    const filled = rows.map((row) => row[column] ?? '').filter((cell) => !isMissing(cell))
    return isFree(column) && filled.filter(hasDecimalComma).length * 10 > filled.length
  })
}

const absentColumn = ({ path }: Pick<Source, 'path'>, header: readonly string[], name: string): ImportError =>
  new ImportError(`${path} has no column ${JSON.stringify(name)}; its columns are ${list(header)}`)

function refuseEqualSeries({ path }: Source, metrics: readonly Metric[]): void {
  const seen = new Map<string, string>()
  for (const { name, series } of metrics) {
    const key = JSON.stringify(series)
    const other = seen.get(key)
    if (other !== undefined) throw new ImportError(`${path}: the columns ${list([other, name])} would be one series`)
    seen.set(key, name)
  }
}

const list = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ')
