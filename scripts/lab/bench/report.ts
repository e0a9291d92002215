// Formats the report of a run for a person.
import { textTable } from '../../cli/text-table.ts'
import type { Row } from './row.ts'

const HEAD = ['name', 'rate', 'unit', 'p50 ms', 'p95 ms', 'p99 ms', 'errors', 'peak MB', 'conns', 'limit', 'ratio']
/** Figures are aligned to the right, so that they are easy to compare. */
const TEXT_COLUMNS = new Set(['name', 'unit'])

/** The table of a run. */
export function benchTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    shown(row.rate),
    row.unit,
    shown(row.p50_ms),
    shown(row.p95_ms),
    shown(row.p99_ms),
    String(row.errors),
    shown(row.peak_rss_mb),
    shown(row.connections),
    shown(row.limit),
    row.ratio === null ? '' : row.ratio.toFixed(2),
  ])
  const widths = HEAD.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i]?.length ?? 0)))
  const aligned = (row: readonly string[]) =>
    row.map((cell, i) => (TEXT_COLUMNS.has(HEAD[i] ?? '') ? cell : cell.padStart(widths[i] ?? 0)))
  return textTable(aligned(HEAD), cells.map(aligned))
}

/** More than four digits of a figure cannot be reproduced by another run. */
function shown(value: number | null): string {
  if (value === null) return ''
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US')
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return String(Math.round(value))
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}
