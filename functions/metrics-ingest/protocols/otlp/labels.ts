// Names and texts of labels that OTLP's attributes and kinds of metrics become. Different things never have equal labels.
import { AttributesError, attributeLabel, type LazyAttributes, type MetricHead } from './model.ts'

/** Otherwise a sum of changes and a sum since the start, or a counter and a gauge, of one name would be one series. */
const TEMPORALITY = 'otlp.temporality'
const MONOTONIC = 'otlp.monotonic'
/** Otherwise the count of a summary and a gauge that is called so, or those of two kinds of histograms, would be one series. */
const KIND = 'otlp.kind'
/** Prefix of a label that says the type of the attribute whose label it names, unless that is a string. */
export const TYPE = 'otlp.type.'
const TEMPORALITIES: readonly (string | undefined)[] = [undefined, 'delta', 'cumulative']

/** Labels that were read, or the rule that they break. */
export type ReadLabels = ReadonlyMap<string, string> | { readonly rule: string }

/** Labels of attributes. A second label says the type of each that is no string. */
export function readAttributes(
  attributes: LazyAttributes,
  nameOf: (key: string) => string,
): Map<string, string> | { readonly rule: string } {
  try {
    const labels = new Map<string, string>()
    for (const [key, value] of attributes.read()) {
      const { text, type } = attributeLabel(value)
      labels.set(nameOf(key), text)
      if (type !== undefined) labels.set(`${TYPE}${nameOf(key)}`, type)
    }
    return labels
  } catch (error) {
    if (error instanceof AttributesError) return { rule: error.message }
    throw error
  }
}

/** An attribute of a scope that is called `name` or `version` has another label than the scope's own name or version. */
export const scopeLabel = (key: string): string =>
  /^(?:name$|version$|attribute\.)/.test(key) ? `scope.attribute.${key}` : `scope.${key}`

/** An attribute of a data point is a label of its name, unless that could be a label of something else. */
export const ownLabel = (key: string): string =>
  /^(?:resource|scope|otlp|attribute)\./.test(key) ? `attribute.${key}` : key

/** Labels that say the kind of a metric where its name and unit do not. */
export function kindLabels({ temporality, monotonic, kind }: MetricHead): readonly (readonly [string, string])[] {
  const name = temporality ? (TEMPORALITIES[temporality] ?? String(temporality)) : undefined
  return [
    ...(kind === undefined ? [] : [[KIND, kind] as const]),
    ...(name === undefined ? [] : [[TEMPORALITY, name] as const]),
    ...(monotonic === undefined ? [] : [[MONOTONIC, String(monotonic)] as const]),
  ]
}
