// The series of a row's values: the same for every row, or named by its cells.
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import { ImportError } from './import-error.ts'
import { type CsvPlan, namesIn } from './rows/csv-plan.ts'
import type { ColumnNames, NameSeries } from './series-names.ts'

export interface RowSeries {
  /** Returns the cells that name the series of a row, as one text. */
  keyOf(row: readonly string[]): string
  /**
   * Returns the index, in the chunk's series, of the row's first metric (the others follow it), or the reason why the row has no series.
   */
  placeOf(row: readonly string[]): number | string
  /** Returns the series of the finished chunk, and begins the next one. */
  take(): readonly SeriesName[]
}

export interface RowSeriesDeps {
  readonly plan: CsvPlan
  readonly source: ColumnNames['source']
  readonly nameSeries: NameSeries
}

/** Names are validated once, up to this number of names. */
const MAX_REMEMBERED = 20_000

export function createRowSeries({ plan, source, nameSeries }: RowSeriesDeps): RowSeries {
  const { metrics, labels, braced } = plan
  if (labels.length + braced.length === 0) {
    const series = metrics.map((metric) => metric.series)
    return { keyOf: () => '', placeOf: () => 0, take: () => series }
  }
  const keyOf = rowKey(plan)
  const known = new Map<string, readonly SeriesName[] | string>()
  let series: SeriesName[] = []
  let places = new Map<string, number | string>()
  const nameRow = (row: readonly string[]): readonly SeriesName[] | string => {
    const names = namesIn(row, plan)
    try {
      return metrics.map(({ name, type, unit }) => nameSeries({ source, type, unit, column: name, ...names }))
    } catch (error) {
      if (error instanceof ImportError) return error.message
      throw error
    }
  }
  return {
    keyOf,
    placeOf(row) {
      const key = keyOf(row)
      const place = places.get(key)
      if (place !== undefined) return place
      const named = known.get(key) ?? nameRow(row)
      if (known.size >= MAX_REMEMBERED) known.clear()
      known.set(key, named)
      const next = typeof named === 'string' ? named : series.length
      if (typeof named !== 'string') series.push(...named)
      places.set(key, next)
      return next
    },
    take() {
      const taken = series
      series = []
      places = new Map()
      return taken
    },
  }
}

/** Makes the function that returns the cells that name the series of a row, as one text. */
export function rowKey({ labels, braced }: Pick<CsvPlan, 'labels' | 'braced'>): (row: readonly string[]) => string {
  const columns = [...labels, ...braced].map(({ column }) => column)
  return (row) => columns.map((column) => (row[column] ?? '').trim()).join('\0')
}
