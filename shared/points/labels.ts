// Labels: the JSON object that tells series apart, in the canonical form of RFC 8785.
import canonicalize from 'canonicalize'
import { unstorable } from '../base/wire.ts'

export type Labels = Readonly<Record<string, unknown>>

export const MAX_LABEL_BYTES = 4_096
const MAX_LABEL_LEVELS = 5

/** The canonical text of labels that keep the rules; of no labels, `{}`. */
export function canonicalLabels(labels: Labels): string {
  return canonicalize(labels) ?? '{}'
}

/**
 * The canonical text of any labels without those that are ignored, or the rule that they break as a sentence: at most five levels, every
 * text storable, every number one that survives the canonical form, at most 4 KiB of it. What is ignored has to keep the rules all the
 * same, since it is echoed, but may be as long as it likes: to ignore a label is the remedy where it is too long. Bounded in depth and
 * time, whatever the value is.
 */
export function readLabels(
  given: Labels,
  ignored: readonly string[] = [],
): { readonly canonical: string } | { readonly broken: string } {
  const broken = brokenRule(given, 1)
  if (broken !== undefined) return { broken }
  const labels = ignored.some((key) => Object.hasOwn(given, key))
    ? Object.fromEntries(Object.entries(given).filter(([key]) => !ignored.includes(key)))
    : given
  const canonical = isCanonical(labels) ? JSON.stringify(labels) : canonicalLabels(labels)
  // A code unit is at most three bytes: most labels need no counting.
  const bytes = canonical.length * 3 <= MAX_LABEL_BYTES ? 0 : Buffer.byteLength(canonical)
  return bytes > MAX_LABEL_BYTES
    ? { broken: `must have at most ${MAX_LABEL_BYTES} bytes, not ${bytes}; the longest is ${longestOf(labels)}` }
    : { canonical }
}

const MAX_SHOWN = 100

/** The name of the label that takes the most room, for a message. */
function longestOf(labels: Labels): string {
  let longest = { name: '', length: -1 }
  for (const [name, value] of Object.entries(labels)) {
    const length = name.length + (typeof value === 'string' ? value : canonicalLabels({ value })).length
    if (length > longest.length) longest = { name, length }
  }
  return JSON.stringify(longest.name.length > MAX_SHOWN ? `${longest.name.slice(0, MAX_SHOWN)}…` : longest.name)
}

/** Whether JSON.stringify writes the canonical form, ten times as fast: nothing but texts, their names in order. RFC 8785, 3.2.2.2 and 3.2.3. */
function isCanonical(labels: Labels): boolean {
  let before = ''
  for (const [key, value] of Object.entries(labels)) {
    if (typeof value !== 'string' || key < before) return false
    before = key
  }
  return true
}

function brokenRule(value: unknown, level: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return unstorable(value)
    case 'number':
      return survives(value) ? undefined : `must not contain the number ${value}: numbers beyond 2^53 lose digits`
    case 'object':
      return value === null ? undefined : brokenMembers(value, level)
    default:
      return undefined
  }
}

function brokenMembers(value: object, level: number): string | undefined {
  if (level > MAX_LABEL_LEVELS) return `must have at most ${MAX_LABEL_LEVELS} levels`
  for (const [key, member] of Object.entries(value)) {
    const broken = (Array.isArray(value) ? undefined : unstorable(key)) ?? brokenRule(member, level + 1)
    if (broken !== undefined) return broken
  }
  return undefined
}

const survives = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
