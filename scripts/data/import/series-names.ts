// From a column to the name of its series, by the rules that a point on the wire has to keep.
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import { judgeEntries } from '@penstock/shared/points/verdicts.ts'
import { ImportError } from './import-error.ts'
import type { CsvOptions } from './options.ts'
import type { Source } from './source.ts'

export interface ColumnNames {
  readonly source: Pick<Source, 'path' | 'name'>
  readonly column: string
  readonly type: string
  readonly unit: string
  /** Cells of a row by the names of their columns: those that become labels, and those that a text may name in braces. */
  readonly labels?: ReadonlyMap<string, string>
  readonly cells?: ReadonlyMap<string, string>
}

export type NameSeries = (names: ColumnNames) => SeriesName

/**
 * Names series for one tenant. `{file}` in the service, a type or a label stands for the file's name, so that files with the same
 * columns can be told apart, and `{column}` for the row's cell. What it answers throws {ImportError} where a name breaks a rule of the wire.
 */
export function createSeriesNamer(
  tenant: Tenant,
  { service, labels }: Pick<CsvOptions, 'service' | 'labels'>,
): NameSeries {
  return ({ source, column, type, unit, labels: own = NONE, cells = NONE }) => {
    const fill = (text: string) =>
      text.replaceAll(/\{([^{}]+)\}/g, (braced, name: string) =>
        name === 'file' ? source.name : (cells.get(name) ?? braced),
      )
    const entry = {
      service_name: fill(service ?? ''),
      metric_type: fill(type),
      metric_value: 0,
      unit,
      metric_metadata: Object.fromEntries([...own, ...labels.map(([name, value]) => [name, fill(value)] as const)]),
    }
    const { points, rejections } = judgeEntries([entry], tenant, { earliestYear: 1970, maxAheadHours: 0 }, 0)
    const [point] = points
    if (!point) throw new ImportError(`${source.path}, column ${JSON.stringify(column)}: ${rejections[0]?.detail}`)
    return { service: point.service, type: point.type, unit: point.unit, labels: point.labels }
  }
}

const NONE: ReadonlyMap<string, string> = new Map()
