// Tables. A wide one scrolls inside its own frame, by keyboard too.
import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => ComponentChildren
  /** Numbers are aligned to the right. */
  readonly isNumber?: boolean
  /** Left out on a phone. */
  readonly isMinor?: boolean
  /** The longest column takes what the others leave. */
  readonly isWide?: boolean
}

interface TableProps<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
}

/** A table of rows. */
export function Table<Row>({ label, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <div class="table-frame" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ head, ...kind }) => (
              <th key={head} scope="col" class={classOf(kind)}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ head, cell, ...kind }) => (
                <td key={head} class={classOf(kind)}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const classOf = ({ isNumber, isWide, isMinor }: Omit<Column<never>, 'head' | 'cell'>): string | undefined =>
  [isNumber && 'number', isWide && 'wide', isMinor && 'minor'].filter(Boolean).join(' ') || undefined
