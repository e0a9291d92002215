// The values of a chart as a table, newest first.
import { localTime, quantity, utcTime } from '../../base/format.ts'
import { isGiven } from '../../base/given.ts'
import { aligned, type Line } from '../../charts/line.ts'
import { type Column, Table } from '../../ui/table.tsx'

interface PointTableProps {
  readonly label: string
  readonly lines: readonly Line[]
  readonly unit: string
}

type Row = readonly [time: number, ...values: (number | null | undefined)[]]

const MOST_ROWS = 500

/** The table. It has at most 500 rows: all of them are in the CSV. */
export function PointTable({ label, lines, unit }: PointTableProps) {
  const [times, ...columns] = aligned(lines)
  const rows = times
    .map((time, i): Row => [time, ...columns.map((column) => column[i])])
    .filter(([, ...values]) => values.some(isGiven))
    .toReversed()
  const shown = rows.slice(0, MOST_ROWS)
  const heads: Column<Row>[] = [
    { head: 'Time', cell: ([time]) => <time title={utcTime(time * 1000)}>{localTime(time * 1000)}</time> },
    { head: 'UTC', cell: ([time]) => <span class="quiet">{utcTime(time * 1000)}</span> },
    ...lines.map(({ name }, i) => ({
      head: unit === '' ? name : `${name} (${unit})`,
      cell: (row: Row) => valueOf(row[i + 1]),
      isNumber: true,
    })),
  ]
  return (
    <>
      <Table label={label} columns={heads} rows={shown} keyOf={([time]) => String(time)} />
      {rows.length > MOST_ROWS ? (
        <p class="note">
          The newest {MOST_ROWS} of {rows.length} rows. The CSV has all of them.
        </p>
      ) : null}
    </>
  )
}

const valueOf = (value: number | null | undefined): string => (isGiven(value) ? quantity(value) : '')
