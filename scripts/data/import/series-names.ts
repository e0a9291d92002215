// Makes the name of a series from a column, by the rules for points on the wire.
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
  /** A row's cells by their columns' names: those that become labels, and those that a text names in braces. */
  readonly labels?: ReadonlyMap<string, string>
  readonly cells?: ReadonlyMap<string, string>
}

export type NameSeries = (names: ColumnNames) => SeriesName

/**
 * Makes a function that names series for one tenant. In the service, a type or a label, `{file}` is replaced by the file's name, so that
 * files with the same columns can be distinguished, and `{column}` by the row's cell. The function throws {ImportError} when a name
 * breaks a rule of the wire.
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
