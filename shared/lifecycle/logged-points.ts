// Points of a month that are in the log below a run's gate. They are in memory as a whole: the gate is lowered where they would be too many.

import type { Transaction } from 'kysely'
import { hourOf, type Micros } from '../base/time.ts'
import { pointsInOrder, readTaken } from '../compaction/taken.ts'
import { sortColumns } from '../points/columns.ts'
import type { SeriesPoints } from '../points/merge-series.ts'
import type { SeriesName } from '../points/series-queries.ts'
import type { Database } from '../schema/index.ts'
import { selectLogged } from './content-queries.ts'
import type { RecordedRun } from './run-queries.ts'

/** By series, sorted and distinct: of equal points the one that was written last. */
export type LoggedPoints = ReadonlyMap<number, SeriesPoints>

/** A series that has a name, and its points in the log. */
export interface LoggedSeries {
  readonly id: number
  readonly name: SeriesName
  readonly points: SeriesPoints
}

export async function readLoggedPoints(tx: Transaction<Database>, run: RecordedRun): Promise<LoggedPoints> {
  const taken = readTaken(await selectLogged(tx, run, run.gate))
  const { length, series, at, value } = sortColumns(pointsInOrder([taken], () => true))
  const points = new Map<number, SeriesPoints>()
  for (let from = 0; from < length; ) {
    const id = series[from] as number
    let to = from + 1
    while (to < length && series[to] === id) to++
    points.set(id, { at: at.subarray(from, to), value: value.subarray(from, to) })
    from = to
  }
  return points
}

/** The first instants of the hours that have such points, ascending. */
export function hoursOf({ at }: SeriesPoints): readonly Micros[] {
  const hours: Micros[] = []
  for (const instant of at) {
    const hour = hourOf(instant)
    if (hour !== hours.at(-1)) hours.push(hour)
  }
  return hours
}
