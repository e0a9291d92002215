// Names and texts of the labels for OTLP's attributes and kinds of metrics. Different inputs never have equal labels.
import { AttributesError, attributeLabel, type LazyAttributes, type MetricHead } from './model.ts'

/** Without this label, a delta sum and a cumulative sum, or a counter and a gauge, with the same name would be one series. */
const TEMPORALITY = 'otlp.temporality'
const MONOTONIC = 'otlp.monotonic'
/** Without this label, the count of a summary and a gauge with that name, or those of two kinds of histograms, would be one series. */
const KIND = 'otlp.kind'
/** Prefix of a label with the type of an attribute that is not a string. */
export const TYPE = 'otlp.type.'
const TEMPORALITIES: readonly (string | undefined)[] = [undefined, 'delta', 'cumulative']

/** Labels that were read, or the rule that they break. */
export type ReadLabels = ReadonlyMap<string, string> | { readonly rule: string }

/** Returns the labels for attributes. A second label holds the type of each one that is not a string. */
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

/** A scope's attribute with the name `name` or `version` gets another label than the scope's own name or version. */
export const scopeLabel = (key: string): string =>
  /^(?:name$|version$|attribute\.)/.test(key) ? `scope.attribute.${key}` : `scope.${key}`

/** An attribute of a data point becomes a label with its name, unless that label could mean something else. */
export const ownLabel = (key: string): string =>
  /^(?:resource|scope|otlp|attribute)\./.test(key) ? `attribute.${key}` : key

/** Returns labels for the kind of a metric, when its name and unit do not determine it. */
export function kindLabels({ temporality, monotonic, kind }: MetricHead): readonly (readonly [string, string])[] {
  const name = temporality ? (TEMPORALITIES[temporality] ?? String(temporality)) : undefined
  return [
    ...(kind === undefined ? [] : [[KIND, kind] as const]),
    ...(name === undefined ? [] : [[TEMPORALITY, name] as const]),
    ...(monotonic === undefined ? [] : [[MONOTONIC, String(monotonic)] as const]),
  ]
}
