// Names of stored series as PromQL sees them, and back: docs/promql.md has the table.
import { type Labels, makeLabels, valueOf } from '../columns/labels.ts'
import { type Expression, type Matcher, NAME_LABEL, type VectorSelector } from '../syntax/ast.ts'
import { eachNode } from '../syntax/walk.ts'

/** The names and labels of a series as they are stored. */
export interface StoredNames {
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  /** Text of each of its labels; null for a label that has no text. */
  readonly texts: Readonly<Record<string, string | null>> | null
}

/** Names that an expression quotes because they contain characters outside Prometheus' alphabet. Answers use them unchanged. */
export type QuotedNames = ReadonlySet<string>

const JOB = 'job'
const UNIT = 'unit'
const NO_UNIT: ReadonlySet<string> = new Set(['', '1'])

/** Returns a metric's name in Prometheus' alphabet: every other character becomes an underscore. */
export const metricName = (name: string): string => underscored(name, /[^A-Za-z0-9_:]/gu)
/** Returns a label's name in Prometheus' alphabet. */
export const labelName = (name: string): string => underscored(name, /[^A-Za-z0-9_]/gu)

const underscored = (name: string, others: RegExp): string => {
  const text = name.replace(others, '_')
  return /^\d/.test(text) ? `_${text}` : text
}

/** Returns the names of labels and metrics that expressions have in quotes. */
export function quotedNamesOf(expressions: readonly Expression[]): QuotedNames {
  const found = new Set<string>()
  const addLabel = (name: string): unknown => labelName(name) !== name && found.add(name)
  for (const expression of expressions) {
    eachNode(expression, (node) => {
      if (node.kind === 'selector')
        for (const { name, operator, value } of node.matchers) {
          addLabel(name)
          if (name === NAME_LABEL && operator === '=' && metricName(value) !== value) found.add(value)
        }
      if (node.kind === 'aggregation') node.grouping.forEach(addLabel)
      if (node.kind === 'binary') [...node.matching.labels, ...node.matching.include].forEach(addLabel)
    })
  }
  return found
}

/**
 * Returns the labels of a series. The metric type is its name and the service name its job. A unit is the label `unit`. A label with one
 * of these names gets `exported_` before it, as Prometheus does it with the labels of what it scrapes.
 */
export function labelsOf({ service_name, metric_type, unit, texts }: StoredNames, quoted: QuotedNames): Labels {
  const entries = new Map<string, string>([
    [NAME_LABEL, quoted.has(metric_type) ? metric_type : metricName(metric_type)],
    [JOB, service_name],
  ])
  if (!NO_UNIT.has(unit)) entries.set(UNIT, unit)
  const own = Object.entries(texts ?? {})
  const stored = new Set(own.map(([name]) => name))
  for (const [name, text] of own) {
    if (text === null) continue
    const shown = quoted.has(name) ? name : labelName(name)
    if (shown === name) entries.set(entries.has(name) && isReserved(name) ? `exported_${name}` : name, text)
    else entries.set(stored.has(shown) || entries.has(shown) ? name : shown, text)
  }
  return makeLabels(entries)
}

const isReserved = (name: string): boolean => name === NAME_LABEL || name === JOB || name === UNIT

/** Returns true when a series satisfies all matchers of a selector. Names of metrics and of labels are accepted in either form. */
export function fits({ matchers }: VectorSelector, { metric_type }: StoredNames, labels: Labels): boolean {
  return matchers.every((matcher) =>
    matcher.name === NAME_LABEL ? fitsName(matcher, metric_type) : matcher.matches(valueFor(matcher.name, labels)),
  )
}

function fitsName({ operator, matches }: Matcher, metricType: string): boolean {
  const forms = [metricType, metricName(metricType)]
  return operator === '=' || operator === '=~' ? forms.some(matches) : forms.every(matches)
}

function valueFor(name: string, labels: Labels): string {
  const value = valueOf(labels, name)
  if (value !== '') return value
  for (let i = 0; i < labels.pairs.length; i += 2)
    if (labelName(labels.pairs[i] as string) === name) return labels.pairs[i + 1] as string
  return ''
}
