// Counts statements by their text. No literal of a text is kept, so no value of a tenant is.
import { createHash } from 'node:crypto'
import { createHistogram, type Histogram } from './histogram.ts'

export interface StatementReport {
  /** SHA-256 of the whole text without its literals, in hexadecimal. */
  readonly id: string
  /** The text without its literals, cut at 500 characters. */
  readonly text: string
  readonly calls: number
  readonly total_ms: number
  readonly histogram: readonly number[]
}

export interface StatementCounts {
  add(text: string, ms: number): void
  /** Returns the statements with the most total time, the longest first. */
  top(count: number): readonly StatementReport[]
  /** Calls and time of statements beyond the first 500 different ones. */
  others(): { readonly calls: number; readonly total_ms: number }
}

interface Counted {
  readonly id: string
  readonly text: string
  readonly histogram: Histogram
  calls: number
  totalMs: number
}

const MAX_STATEMENTS = 500
/** Texts with their literals, which only save the work of removing them. */
const MAX_REMEMBERED = 1_000
const MAX_TEXT = 500

/** Strings with their escapes, texts in dollars, and numbers that are no part of a name or of a parameter such as $1. */
const LITERALS = /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$|(?<![\w$.])\d+(?:\.\d+)?\b/g

export const withoutLiterals = (text: string): string => text.replaceAll(LITERALS, '?')

export function countStatements(): StatementCounts {
  const statements = new Map<string, Counted>()
  const remembered = new Map<string, Counted | undefined>()
  const others = { calls: 0, total_ms: 0 }
  const find = (text: string): Counted | undefined => {
    if (remembered.has(text)) return remembered.get(text)
    const plain = withoutLiterals(text)
    const id = createHash('sha256').update(plain).digest('hex')
    const known = statements.get(id)
    const found = known ?? (statements.size < MAX_STATEMENTS ? counted(id, plain.slice(0, MAX_TEXT)) : undefined)
    if (found && !known) statements.set(id, found)
    if (remembered.size >= MAX_REMEMBERED) remembered.clear()
    remembered.set(text, found)
    return found
  }
  return {
    add(text, ms) {
      const statement = find(text)
      if (statement) {
        statement.calls++
        statement.totalMs += ms
        statement.histogram.add(ms)
      } else {
        others.calls++
        others.total_ms += ms
      }
    },
    top: (count) =>
      [...statements.values()]
        .toSorted((a, b) => b.totalMs - a.totalMs)
        .slice(0, count)
        .map(({ id, text, calls, totalMs, histogram }) => ({
          id,
          text,
          calls,
          total_ms: rounded(totalMs),
          histogram: histogram.toList(),
        })),
    others: () => ({ calls: others.calls, total_ms: rounded(others.total_ms) }),
  }
}

const counted = (id: string, text: string): Counted => ({
  id,
  text,
  histogram: createHistogram(),
  calls: 0,
  totalMs: 0,
})

/** Microseconds are enough. */
export const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000
