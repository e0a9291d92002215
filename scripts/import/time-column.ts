// Which column holds the time, and how it is written.
import { ImportError } from './import-error.ts'
import type { CsvOptions } from './options.ts'
import { createTimeReader, type TimeFormat } from './times.ts'
import { openZone, UTC } from './zone.ts'

export interface TimeColumn {
  readonly column: number
  readonly name: string
  readonly format: TimeFormat
  readonly guessed: boolean
}

/** A first column without a name counts too: that is how indexed tables are written. */
const TIME_NAMES = new Set(['timestamp', 'time', 'datetime', 'date', 'measured_on'])

/**
 * The column that the command line names, or the one that is called like a time and holds times.
 * @throws {ImportError} naming the columns when there is none, or more than one.
 */
export function chooseTimeColumn(
  path: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  options: Pick<CsvOptions, 'time' | 'timeFormat'>,
): TimeColumn {
  const cellsOf = (column: number) => rows.map((row) => (row[column] ?? '').trim()).filter((cell) => cell !== '')
  const candidates =
    options.time === undefined
      ? header.flatMap((name, i) => (TIME_NAMES.has(name.toLowerCase()) || (i === 0 && name === '') ? [i] : []))
      : [header.indexOf(options.time)].filter((column) => column >= 0)
  const found = candidates.flatMap((column): TimeColumn[] => {
    const format = options.timeFormat ?? formatOf(cellsOf(column))
    const guessed = options.timeFormat === undefined && format === 'M/D/YYYY'
    return format === undefined ? [] : [{ column, name: header[column] ?? '', format, guessed }]
  })
  const [only, ...more] = found
  if (only && more.length === 0) return only
  throw new ImportError(`${path}: ${complaint(header, candidates, found, options.time, cellsOf)}`)
}

/** The format in which most of these cells are times. The order of slashed dates is left open: a later row may tell it. */
function formatOf(cells: readonly string[]): TimeFormat | undefined {
  const isMost = (count: number) => count > 0 && count * 2 >= cells.length
  const times = (format: TimeFormat): number => {
    const read = createTimeReader(format, openZone(UTC))
    return cells.filter((cell) => read(cell) !== undefined).length
  }
  const numbers = (digits: number): number => {
    const pattern = new RegExp(`^\\d{${digits}}(\\.\\d+)?$`)
    return cells.filter((cell) => pattern.test(cell)).length
  }
  if (isMost(times('iso'))) return 'iso'
  if (isMost(Math.max(times('M/D/YYYY'), times('D/M/YYYY')))) return 'M/D/YYYY'
  if (isMost(numbers(10))) return 'unix-s'
  return isMost(numbers(13)) ? 'unix-ms' : undefined
}

function complaint(
  header: readonly string[],
  candidates: readonly number[],
  found: readonly TimeColumn[],
  wanted: string | undefined,
  cellsOf: (column: number) => readonly string[],
): string {
  const quoted = (columns: readonly number[]) => columns.map((i) => JSON.stringify(header[i] ?? '')).join(', ')
  const all = `its columns are ${quoted([...header.keys()])}`
  if (found.length > 1)
    return `several columns hold times (${quoted(found.map(({ column }) => column))}): --time COLUMN`
  if (wanted !== undefined && candidates.length === 0) return `there is no column ${JSON.stringify(wanted)}; ${all}`
  const [first] = candidates
  if (first === undefined) return `no column is called like a time: --time COLUMN; ${all}`
  const cell = cellsOf(first)[0] ?? ''
  return `the column ${quoted([first])} holds no times that can be read (${JSON.stringify(cell)}): --time-format; ${all}`
}
