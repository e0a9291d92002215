// Formats months as a calendar: a line per year, a cell per month, and the totals by state.
import { textTable } from '../../cli/text-table.ts'

export interface CalendarMonth {
  /** First day of the month. */
  readonly month: string
  readonly state: string
  /** Null when unknown. */
  readonly rows: number | null
  readonly bytes: number | null
  readonly held: boolean
}

const NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Each cell has the state and the number of points; `*` marks a legal hold. Below are the states with their months, points and bytes. */
export function calendar(months: readonly CalendarMonth[]): string {
  const byMonth = new Map(months.map((one) => [one.month, one]))
  const years = [...new Set(months.map(({ month }) => month.slice(0, 4)))].toSorted()
  const lines = years.map((year) => [
    year,
    ...NAMES.map((_, index) => cellOf(byMonth.get(`${year}-${String(index + 1).padStart(2, '0')}-01`))),
  ])
  return `${textTable(['', ...NAMES], lines)}\n* on hold\n\n${totals(months)}`
}

const cellOf = (one: CalendarMonth | undefined): string =>
  one === undefined ? '' : `${one.state}${one.held ? '*' : ''}${one.rows === null ? '' : ` ${short(one.rows)}`}`

function totals(months: readonly CalendarMonth[]): string {
  const states = [...new Set(months.map(({ state }) => state))].toSorted()
  const line = (name: string, of: readonly CalendarMonth[]): string[] => [
    name,
    String(of.length),
    String(of.filter(({ held }) => held).length),
    String(sum(of.map(({ rows }) => rows))),
    String(sum(of.map(({ bytes }) => bytes))),
  ]
  const lines = states.map((state) =>
    line(
      state,
      months.filter((one) => one.state === state),
    ),
  )
  return textTable(['state', 'months', 'held', 'points', 'bytes'], [...lines, line('all', months)])
}

const sum = (numbers: readonly (number | null)[]): number => numbers.reduce((all: number, one) => all + (one ?? 0), 0)

/** Formats a count with three digits and a unit: `12.3M`. */
function short(count: number): string {
  const [size, unit] = UNITS.find(([least]) => count >= least) ?? [1, '']
  return `${Number((count / size).toPrecision(3))}${unit}`
}

const UNITS = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const
