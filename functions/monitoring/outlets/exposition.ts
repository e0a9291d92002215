// The text formats of Prometheus 0.0.4 and OpenMetrics 1.0, from families of samples.

/** The types of a family. */
type FamilyType = 'gauge' | 'counter' | 'histogram'

export interface Sample {
  /** Appended to the family's name: `_total` of a counter, `_bucket`, `_sum` and `_count` of a histogram. */
  readonly suffix?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  /** Name of the family. The names of its samples are this name and their suffix. */
  readonly name: string
  readonly type: FamilyType
  readonly help: string
  readonly samples: readonly Sample[]
}

export type Exposition = 'prometheus' | 'openmetrics'

/** The content type of each format. */
export const expositionTypes: Readonly<Record<Exposition, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** Writes families. A counter's family is called after its samples in Prometheus' format, and without `_total` in OpenMetrics. */
export function expose(families: readonly Family[], format: Exposition): string {
  const lines = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => {
      const title = type === 'counter' && format === 'prometheus' ? `${name}_total` : name
      return [
        `# HELP ${title} ${escaped(help, format === 'openmetrics')}`,
        `# TYPE ${title} ${type}`,
        ...samples.map(
          ({ suffix = type === 'counter' ? '_total' : '', labels, value }) =>
            `${name}${suffix}${labelsOf(labels)} ${numberOf(value)}`,
        ),
      ]
    })
  return [...lines, ...(format === 'openmetrics' ? ['# EOF'] : []), ''].join('\n')
}

function labelsOf(labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value, true)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(text: string, quotes: boolean): string {
  const plain = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return quotes ? plain.replaceAll('"', '\\"') : plain
}

const numberOf = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(value)
}
