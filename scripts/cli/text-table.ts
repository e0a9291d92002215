// Formats rows for a person.
import { escapeLine } from '@penstock/shared/base/control-characters.ts'

/** A table with a rule under its head. A null is empty, a line break inside a cell shows as ↵, other control characters as `\uXXXX`. */
export function textTable(head: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => escapeLine((cell ?? '').replace(/\r?\n/g, '↵'))))
  const widths = head.map((_, column) => cells.reduce((most, row) => Math.max(most, width(row[column] ?? '')), 0))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => pad(cell, widths[i] ?? 0))
      .join(' | ')
      .trimEnd()
  const [first = [], ...rest] = cells
  return [line(first), widths.map((count) => '-'.repeat(count)).join('-+-'), ...rest.map(line)].join('\n')
}

const pad = (cell: string, count: number): string => cell + ' '.repeat(Math.max(0, count - width(cell)))

const width = (cell: string): number => Array.from(cell).length
