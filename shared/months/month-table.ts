// The table of a month: its name and its bounds.
import { addMonths } from '../base/time.ts'

/** The partitioned table of the points. */
export const POINTS = 'metric_point'

/** The partitioned table of the roll-ups. */
export const ROLLUPS = 'metric_rollup'

/** A month's partition of a table: its name, and its bounds as timestamptz literals with their zone, the upper one exclusive. */
export interface MonthTable {
  /** Its name, such as `metric_point_2026_11`. */
  readonly name: string
  /** The partitioning column. */
  readonly by: 'ts' | 'bucket'
  readonly from: string
  readonly to: string
}

/** Returns a month's partition of a table: `metric_point_2026_11`, from its first instant in UTC to that of the next month. */
export function monthTable(parent: string, month: string): MonthTable {
  return {
    name: `${parent}_${month.slice(0, 7).replace('-', '_')}`,
    by: parent === ROLLUPS ? 'bucket' : 'ts',
    from: firstInstant(month),
    to: firstInstant(addMonths(month, 1)),
  }
}

/** The zone is written out, so it names the same instant in every session. */
const firstInstant = (month: string): string => `${month} 00:00:00+00`

/** Returns the month in the name of a partition; undefined for other names. */
export function monthOfTable(parent: string, name: string): string | undefined {
  const [, year, month] = name.startsWith(`${parent}_`)
    ? (/^_(\d{4})_(\d\d)$/.exec(name.slice(parent.length)) ?? [])
    : []
  return year === undefined ? undefined : `${year}-${month}-01`
}
