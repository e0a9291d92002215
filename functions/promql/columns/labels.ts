// Labels of a series: names and values, sorted by name, without empty values.
import { NAME_LABEL } from '../syntax/ast.ts'
import { quote } from '../syntax/quote.ts'

export interface Labels {
  /** Names and values in turn, sorted by name. */
  readonly pairs: readonly string[]
  /** A text that is equal for equal labels only. */
  readonly key: string
}

export const NO_LABELS: Labels = { pairs: [], key: '' }

/** Makes labels of entries in any order. Later entries of a name win, and empty values are left out. */
export function makeLabels(entries: Iterable<readonly [name: string, value: string]>): Labels {
  const kept = [...new Map(entries)].filter(([, value]) => value !== '')
  kept.sort(([a], [b]) => compareText(a, b))
  return ofPairs(kept.flat())
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The length before each text makes the key unambiguous. */
function ofPairs(pairs: readonly string[]): Labels {
  let key = ''
  for (const text of pairs) key += `${text.length}:${text}`
  return { pairs, key }
}

/** Returns the value of a label, which is empty when it is missing. */
export function valueOf({ pairs }: Labels, name: string): string {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1] as string
  return ''
}

export function entriesOf({ pairs }: Labels): [name: string, value: string][] {
  const entries: [string, string][] = []
  for (let i = 0; i < pairs.length; i += 2) entries.push([pairs[i] as string, pairs[i + 1] as string])
  return entries
}

export const withoutName = (labels: Labels): Labels => filtered(labels, (name) => name !== NAME_LABEL)

export function keepOnly(labels: Labels, names: readonly string[]): Labels {
  return filtered(labels, (name) => names.includes(name))
}

export function leaveOut(labels: Labels, names: readonly string[]): Labels {
  return filtered(labels, (name) => !names.includes(name))
}

function filtered(labels: Labels, keep: (name: string) => boolean): Labels {
  const { pairs } = labels
  const kept: string[] = []
  for (let i = 0; i < pairs.length; i += 2)
    if (keep(pairs[i] as string)) kept.push(pairs[i] as string, pairs[i + 1] as string)
  return kept.length === pairs.length ? labels : ofPairs(kept)
}

/** Sets labels; an empty value removes one. */
export const withLabels = (labels: Labels, set: Iterable<readonly [name: string, value: string]>): Labels =>
  makeLabels([...entriesOf(labels), ...set])

/** Compares by name and value, label by label: the order of series in the answer to a range query. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.pairs.length, b.pairs.length)
  for (let i = 0; i < length; i++) {
    const order = compareText(a.pairs[i] as string, b.pairs[i] as string)
    if (order !== 0) return order
  }
  return a.pairs.length - b.pairs.length
}

/** Writes labels for a message: `{__name__="up", job="api"}`. */
export const formatLabels = (labels: Labels): string =>
  `{${entriesOf(labels)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(', ')}}`

/** Returns true for a name that PromQL accepts without quotes. */
export const isLabelName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
