// Finds the column of time, or the two columns of dates and of times of day, and the format.
import { ImportError } from '../import-error.ts'
import type { CsvOptions } from '../options.ts'
import { createTimeReader, isTimeOfDay, type TimeFormat } from './times.ts'
import { openZone, UTC } from './zone.ts'

export interface TimeColumn {
  readonly column: number
  /** The column of the time of day, when the first column has only dates. */
  readonly clock: number | undefined
  readonly name: string
  readonly format: TimeFormat
  readonly guessed: boolean
  /** True when most rows are earlier than the one before them. */
  readonly descending: boolean
}

/**
 * Names of time columns, without spaces, dashes, underscores and text in brackets. The first column may also have no name, as in tables
 * with an index.
 */
const TIME_NAMES = new Set(
  `timestamp time datetime date measuredon measuredat createdat recordedat observedat receivedat updatedat lastchanged lastupdated ts
  epoch unixtime utc datetimeutc timestamputc timeutc zeit datum zeitstempel zeitpunkt localtime reportdatetime period periodstart start`.split(
    /\s+/,
  ),
)
const CLOCK_NAMES = new Set(
  `time timeofday clock zeit uhrzeit hour hours hora heure stunde localtime timeutc`.split(' '),
)

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\(.*\)|\[.*\]/, '')
    .replaceAll(/[\s_-]/g, '')

type Rows = readonly (readonly string[])[]

/** Returns a row's text for its time. */
export function timeText(row: readonly string[], { column, clock }: Pick<TimeColumn, 'column' | 'clock'>): string {
  const date = row[column] ?? ''
  if (clock === undefined) return date
  const time = (row[clock] ?? '').trim()
  return `${date.trim()} ${/^\d{1,2}$/.test(time) ? `${time}:00` : time}`
}

/**
 * Returns the column that the command line names, or the one with a name like time that holds times, or two columns with dates and times
 * of day.
 * @throws {ImportError} naming the columns when there is none, or more than one.
 */
export function chooseTimeColumn(
  path: string,
  header: readonly string[],
  rows: Rows,
  options: Pick<CsvOptions, 'time' | 'timeFormat'>,
): TimeColumn {
  const [named, namedClock] = options.time
  const missing = options.time.find((name) => !header.includes(name))
  const complain = (why: string): ImportError => new ImportError(`${path}: ${why}`)
  const all = `its columns are ${quoted(header, [...header.keys()])}`
  if (missing !== undefined) throw complain(`there is no column ${JSON.stringify(missing)}; ${all}`)
  const candidates = named === undefined ? calledLikeTimes(header) : [header.indexOf(named)]
  const found = candidates.flatMap((column): TimeColumn[] => {
    const clock = namedClock === undefined ? clockFor(header, rows, column) : header.indexOf(namedClock)
    const isPair = namedClock !== undefined || (named === undefined && clock !== undefined)
    const one = describe(header, rows, { column, clock: isPair ? clock : undefined }, options)
    if (one && named !== undefined && !isPair && clock !== undefined && repeatsDates(rows, column))
      throw complain(
        `${quoted(header, [column])} holds dates alone, and several rows have one date: ${both(header, column, clock)}`,
      )
    return one ? [one] : []
  })
  const [only, ...more] = found
  if (only && more.length === 0) return only
  if (more.length > 0)
    throw complain(
      `several columns hold times (${quoted(
        header,
        found.map(({ column }) => column),
      )}): --time COLUMN`,
    )
  const [first] = candidates
  if (first === undefined) throw complain(`no column is called like a time: --time COLUMN; ${all}`)
  const cell = cellsOf(rows, first)[0] ?? ''
  throw complain(
    `the column ${quoted(header, [first])} holds no times that can be read (${JSON.stringify(cell)}): --time-format; ${all}`,
  )
}

const calledLikeTimes = (header: readonly string[]): readonly number[] =>
  header.flatMap((name, i) => (TIME_NAMES.has(plain(name)) || (i === 0 && name === '') ? [i] : []))

const cellsOf = (rows: Rows, column: number): readonly string[] =>
  rows.map((row) => (row[column] ?? '').trim()).filter((cell) => cell !== '')

const isMost = (count: number, of: number): boolean => count > 0 && count * 2 >= of

function describe(
  header: readonly string[],
  rows: Rows,
  place: Pick<TimeColumn, 'column' | 'clock'>,
  { timeFormat }: Pick<CsvOptions, 'timeFormat'>,
): TimeColumn | undefined {
  const filled = rows.filter((row) => (row[place.column] ?? '').trim() !== '')
  const cells = filled.map((row) => timeText(row, place).trim())
  const format = timeFormat ?? formatOf(cells)
  if (format === undefined || (timeFormat !== undefined && cells.length > 0 && timesIn(cells, format) === 0))
    return undefined
  const guessed = timeFormat === undefined && format === 'M/D/YYYY'
  const name = [place.column, ...(place.clock === undefined ? [] : [place.clock])]
    .map((i) => header[i] ?? '')
    .join(' + ')
  return { ...place, name, format, guessed, descending: descends(cells, format) }
}

/** Returns the column of times of day that belongs to a column of dates. */
function clockFor(header: readonly string[], rows: Rows, date: number): number | undefined {
  const dates = cellsOf(rows, date)
  const alone = dates.filter((cell) => !/[:T]|\d[ ,]+\d{1,2}[:.]\d\d/.test(cell))
  if (!isMost(alone.length, dates.length)) return undefined
  const found = header.findIndex((name, i) => {
    if (i === date || !CLOCK_NAMES.has(plain(name))) return false
    const cells = cellsOf(rows, i)
    return isMost(cells.filter(isTimeOfDay).length, cells.length)
  })
  return found < 0 ? undefined : found
}

function repeatsDates(rows: Rows, column: number): boolean {
  const cells = cellsOf(rows, column)
  return new Set(cells).size < cells.length
}

const both = (header: readonly string[], date: number, clock: number): string =>
  `--time ${JSON.stringify(header[date] ?? '')} --time ${JSON.stringify(header[clock] ?? '')} takes both`

function timesIn(cells: readonly string[], format: TimeFormat): number {
  const read = createTimeReader(format, openZone(UTC))
  return cells.filter((cell) => read(cell) !== undefined).length
}

function descends(cells: readonly string[], format: TimeFormat): boolean {
  const read = createTimeReader(format, openZone(UTC))
  let steps = 0
  let before: number | undefined
  for (const cell of cells) {
    const at = read(cell)
    if (at === undefined) continue
    if (before !== undefined) steps += Math.sign(at - before)
    before = at
  }
  return steps < 0
}

const DIGITS: readonly (readonly [number, TimeFormat])[] = [
  [10, 'unix-s'],
  [13, 'unix-ms'],
  [16, 'unix-us'],
  [19, 'unix-ns'],
]

/**
 * Returns the format in which most of these cells are times. The order of slashed dates is decided later, because a later row may show
 * it.
 */
function formatOf(cells: readonly string[]): TimeFormat | undefined {
  const numbers = (digits: number): number => {
    const pattern = new RegExp(`^\\d{${digits}}(\\.\\d+)?$`)
    return cells.filter((cell) => pattern.test(cell)).length
  }
  const mostly = (format: TimeFormat) => isMost(timesIn(cells, format), cells.length)
  if (mostly('iso')) return 'iso'
  if (mostly('M/D/YYYY') || mostly('D/M/YYYY')) return 'M/D/YYYY'
  const unix = DIGITS.find(([digits]) => isMost(numbers(digits), cells.length))
  if (unix) return unix[1]
  return (['D.M.YYYY', 'D Mon YYYY', 'YYYYMMDD'] as const).find(mostly)
}

const quoted = (header: readonly string[], columns: readonly number[]): string =>
  columns.map((i) => JSON.stringify(header[i] ?? '')).join(', ')
