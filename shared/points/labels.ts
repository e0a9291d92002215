// Labels: the JSON object that distinguishes series, in the canonical form of RFC 8785.
import canonicalize from 'canonicalize'
import { unstorable } from '../base/wire.ts'

export type Labels = Readonly<Record<string, unknown>>

export const MAX_LABEL_BYTES = 4_096
/** Names that are not ignored have room for half of it. */
export const MAX_LABEL_NAMES = 1_024
export const TOO_MANY_NAMES = `must have at most ${MAX_LABEL_NAMES} names`
/** Maximum values inside labels, ignored ones included: they are judged in one piece. */
const MAX_LABEL_VALUES = 4_096
/** Code units of a text that count as one more value. */
const TEXT_UNITS = 256
const TOO_MANY_VALUES = `must have at most ${MAX_LABEL_VALUES} values and ${MAX_LABEL_VALUES * TEXT_UNITS} characters`
const MAX_LABEL_LEVELS = 5

/** Returns the canonical text of valid labels; `{}` when there are none. */
export function canonicalLabels(labels: Labels): string {
  return canonicalize(labels) ?? '{}'
}

/**
 * Returns the canonical text of any labels without the ignored ones, or the rule that they break as a sentence: at most five levels, 1,024
 * names, 4,096 values and 1,048,576 characters, every text storable, every number unchanged by the canonical form, at most 4 KiB. Bounded in
 * depth and time for any value.
 *
 * Ignored labels must follow the same rules, because they are echoed; only the limit of 4 KiB does not count them.
 */
export function readLabels(
  given: Labels,
  ignored: readonly string[] = [],
): { readonly canonical: string } | { readonly broken: string } {
  const broken = brokenRule(given, 1, { left: MAX_LABEL_VALUES })
  if (broken !== undefined) return { broken }
  const labels = ignored.some((key) => Object.hasOwn(given, key))
    ? Object.fromEntries(Object.entries(given).filter(([key]) => !ignored.includes(key)))
    : given
  const canonical = isCanonical(labels) ? JSON.stringify(labels) : canonicalLabels(labels)
  // A code unit has at most three bytes, so most labels need no counting.
  const bytes = canonical.length * 3 <= MAX_LABEL_BYTES ? 0 : Buffer.byteLength(canonical)
  return bytes > MAX_LABEL_BYTES
    ? { broken: `must have at most ${MAX_LABEL_BYTES} bytes, not ${bytes}; the longest is ${longestOf(labels)}` }
    : { canonical }
}

const MAX_SHOWN = 100

/** Returns the name of the longest label, for a message. */
function longestOf(labels: Labels): string {
  let longest = { name: '', length: -1 }
  for (const [name, value] of Object.entries(labels)) {
    const length = name.length + (typeof value === 'string' ? value : canonicalLabels({ value })).length
    if (length > longest.length) longest = { name, length }
  }
  return JSON.stringify(longest.name.length > MAX_SHOWN ? `${longest.name.slice(0, MAX_SHOWN)}…` : longest.name)
}

/**
 * Returns true when JSON.stringify, which is ten times as fast, writes the canonical form: only texts, with their names in order. RFC
 * 8785, 3.2.2.2 and 3.2.3.
 */
function isCanonical(labels: Labels): boolean {
  let before = ''
  for (const key of Object.keys(labels)) {
    if (typeof labels[key] !== 'string' || key < before) return false
    before = key
  }
  return true
}

function brokenRule(value: unknown, level: number, values: { left: number }): string | undefined {
  if (--values.left < 0) return TOO_MANY_VALUES
  switch (typeof value) {
    case 'string':
      values.left -= Math.floor(value.length / TEXT_UNITS)
      return values.left < 0 ? TOO_MANY_VALUES : unstorable(value)
    case 'number':
      return survives(value) ? undefined : `must not contain the number ${value}: numbers beyond 2^53 lose digits`
    case 'object':
      return value === null ? undefined : brokenMembers(value, level, values)
    default:
      return undefined
  }
}

function brokenMembers(value: object, level: number, values: { left: number }): string | undefined {
  if (level > MAX_LABEL_LEVELS) return `must have at most ${MAX_LABEL_LEVELS} levels`
  if (Array.isArray(value)) return brokenElements(value, level, values)
  const names = Object.keys(value)
  if (names.length > MAX_LABEL_NAMES) return TOO_MANY_NAMES
  for (const name of names) {
    const broken = unstorable(name) ?? brokenRule((value as Labels)[name], level + 1, values)
    if (broken !== undefined) return broken
  }
  return undefined
}

function brokenElements(list: readonly unknown[], level: number, values: { left: number }): string | undefined {
  if (list.length > values.left) return TOO_MANY_VALUES
  for (const element of list) {
    const broken = brokenRule(element, level + 1, values)
    if (broken !== undefined) return broken
  }
  return undefined
}

const survives = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
