// How a CSV file is to be read: which column holds the time, which hold values, and which series these become.
import { isUtf8 } from 'node:buffer'
import type { SeriesName } from '@penstock/shared/series.ts'
import { parse } from 'csv-parse/sync'
import { ImportError } from './import-error.ts'
import { isMissing, readNumber } from './numbers.ts'
import type { CsvOptions } from './options.ts'
import type { NameSeries } from './series-names.ts'
import type { Source } from './source.ts'
import { chooseTimeColumn } from './time-column.ts'
import type { TimeFormat } from './times.ts'

export interface CsvPlan {
  readonly delimiter: string
  /** Columns of the file. */
  readonly width: number
  readonly time: {
    readonly column: number
    readonly name: string
    readonly format: TimeFormat
    /** Nobody said whether 2/1/2019 is in January or in February. */
    readonly guessed: boolean
  }
  readonly metrics: readonly Metric[]
  /** Names of columns that are not imported. */
  readonly leftOut: readonly string[]
}

interface Metric {
  readonly column: number
  readonly name: string
  readonly series: SeriesName
}

const SAMPLE_ROWS = 1_000

/**
 * Makes the plan of a file from its first rows and what the command line says.
 * @throws {ImportError} when there is no such column, none for the time or none with numbers, or a series would break a rule.
 */
export function planCsv(source: Source, options: CsvOptions, nameSeries: NameSeries): CsvPlan {
  const [names = [], ...rows] = sample(source, options.delimiter)
  const header = names.map((name) => name.trim())
  const twice = header.find((name, i) => name !== '' && header.indexOf(name) !== i)
  if (twice !== undefined) throw new ImportError(`${source.path} has two columns ${JSON.stringify(twice)}`)
  const time = chooseTimeColumn(source.path, header, rows, options)
  const wanted =
    options.metrics.length > 0 ? namedColumns(source, header, options) : numericColumns(header, rows, time.column)
  if (wanted.length === 0)
    throw new ImportError(`${source.path} has no column with numbers; its columns are ${list(header)}`)
  const metrics = wanted.map(({ column, type, unit }) => {
    const name = header[column] ?? ''
    return { column, name, series: nameSeries({ source, type, unit, column: name }) }
  })
  refuseEqualSeries(source, metrics)
  const used = new Set([time.column, ...metrics.map(({ column }) => column)])
  return {
    delimiter: options.delimiter,
    width: header.length,
    time,
    metrics,
    leftOut: header.map((name, i) => name || `(column ${i + 1})`).filter((_, i) => !used.has(i)),
  }
}

/** The header and the first rows. */
function sample({ path, head }: Source, delimiter: string): string[][] {
  // The head may end in the middle of a row, or of a character.
  const end = head.lastIndexOf(0x0a)
  const whole = end < 0 ? head : head.subarray(0, end + 1)
  if (!isUtf8(whole)) throw new ImportError(`${path} is no UTF-8: convert it`)
  return parse(whole, {
    delimiter,
    bom: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    // A quote may be closed behind the head; if not, the reading of the rows says so, with the line.
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
    if (column < 0)
      throw new ImportError(`${path} has no column ${JSON.stringify(name)}; its columns are ${list(header)}`)
    return { column, type, unit }
  })
}

/** Columns that hold numbers, mostly, or nothing so far. One without a name would have no type. */
function numericColumns(header: readonly string[], rows: readonly (readonly string[])[], time: number): WantedColumn[] {
  return header.flatMap((type, column) => {
    if (column === time || type === '') return []
    const filled = rows.map((row) => row[column] ?? '').filter((cell) => !isMissing(cell))
    const numbers = filled.filter((cell) => readNumber(cell) !== undefined)
    return numbers.length * 2 >= filled.length ? [{ column, type, unit: '1' }] : []
  })
}

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
