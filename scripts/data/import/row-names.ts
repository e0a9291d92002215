// Finds the columns that determine a row's series, in files with one value per row.
import { ImportError } from './import-error.ts'
import type { CsvOptions } from './options.ts'

/** Names of columns that distinguish series, without spaces, dashes and underscores. */
const NAMING =
  /^(?:(?:entity|sensor|device|meter|station|location|site|node|host|item|asset|channel|series|metric|tag|statistic|plant|unit)(?:id|name)?|variable|parameter|quantity|symbol|field|measurement|source|room|zone)$/

const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, '')

type Rows = readonly (readonly string[])[]

export interface NamedColumn {
  readonly column: number
  readonly name: string
}

/** Returns the columns whose names are in braces in the service, a type or a label. */
export function bracedColumns(header: readonly string[], { service, labels, metrics }: CsvOptions): NamedColumn[] {
  const texts = [service ?? '', ...labels.map(([, value]) => value), ...metrics.map(({ type }) => type)]
  const names = new Set(texts.flatMap((text) => [...text.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => name)))
  return header.flatMap((name, column) => (name !== 'file' && names.has(name) ? [{ column, name }] : []))
}

/**
 * Returns the columns that become labels: those of the command line; otherwise those with a name that distinguishes series, if they hold
 * texts or whole numbers that repeat.
 */
export function labelColumns(
  header: readonly string[],
  rows: Rows,
  taken: ReadonlySet<number>,
  { labelColumns: named, leaveOut }: CsvOptions,
): NamedColumn[] {
  return header.flatMap((name, column) => {
    if (named.includes(name)) return [{ column, name }]
    if (taken.has(column) || leaveOut.includes(name) || !NAMING.test(plain(name))) return []
    const cells = rows.map((row) => (row[column] ?? '').trim()).filter((cell) => cell !== '')
    const isName = cells.every((cell) => /^\d*$/.test(cell) || !/^[-+]?[\d.,]+$/.test(cell))
    const comesAgain = new Set(cells).size * 2 <= cells.length || cells.length < FEW_ROWS
    return cells.length > 0 && isName && comesAgain ? [{ column, name }] : []
  })
}

const FEW_ROWS = 20

/**
 * Refuses a file in which rows with the same time and series differ in a text column that is not imported, because they would replace
 * each other.
 * @throws {ImportError} naming the column.
 */
export function refuseLostNames(
  path: string,
  header: readonly string[],
  rows: Rows,
  keyOf: (row: readonly string[]) => string,
  leftOut: readonly number[],
): void {
  const groups = [...Map.groupBy(rows, keyOf).values()].filter((group) => group.length > 1)
  const isRare = groups.reduce((sum, { length }) => sum + length, 0) * 10 < rows.length
  if (isRare) return
  const lost = leftOut.find((column) => groups.some((group) => valuesIn(group, column).size > 1))
  if (lost === undefined) return
  const name = JSON.stringify(header[lost] ?? '')
  throw new ImportError(
    `${path}: rows of one time differ in the column ${name}, which would not be imported: --label-column ${name} makes it a label that keeps them apart, --leave-out ${name} takes the last of them`,
  )
}

const valuesIn = (rows: Rows, column: number): ReadonlySet<string> =>
  new Set(rows.map((row) => (row[column] ?? '').trim()).filter((cell) => cell !== ''))
