// The result of an import.
import type { Chunk, Position, Refusal } from './chunk.ts'

/** Counts of an import so far. Each value that was read is counted in one of stored, deferred, collapsed and refused. */
export interface Report {
  readonly rows: number
  /** Points that are in the table now, even if another writer put them there; `unchanged` of them had this value already. */
  readonly stored: number
  readonly unchanged: number
  /** Points that wait for their month. */
  readonly deferred: number
  /** Points that a later line of the same chunk replaced. */
  readonly collapsed: number
  /** Replaced points that had another value than the later line. */
  readonly conflicting: number
  /** Cells without a value. */
  readonly empty: number
  readonly shownTwice: number
  readonly neverShown: number
  readonly refused: number
  readonly reasons: Readonly<Record<string, number>>
  /** The first refusals, in full. */
  readonly first: readonly Refusal[]
}

/** The result of storing a chunk. */
export interface Outcome {
  readonly stored: number
  readonly unchanged: number
  readonly deferred: number
  readonly collapsed: number
  readonly conflicting: number
  /** Refusals in addition to those that were found while reading. */
  readonly refused: readonly Refusal[]
}

/** The position that an import has reached, and its counts. */
export interface Saved {
  readonly position: Position
  readonly report: Report
  readonly done: boolean
}

/** Results that a person must check after a finished import. */
export interface Complaints {
  readonly refused: number
  /** Values that a later line with another value replaced. */
  readonly conflicting: number
  /** Files from which nothing was stored. */
  readonly useless: readonly string[]
}

const SHOWN_IN_FULL = 20

export const emptyReport: Report = {
  rows: 0,
  stored: 0,
  unchanged: 0,
  deferred: 0,
  collapsed: 0,
  conflicting: 0,
  empty: 0,
  shownTwice: 0,
  neverShown: 0,
  refused: 0,
  reasons: {},
  first: [],
}

/** Returns the report after one more chunk. */
export function withChunk(report: Report, { tally }: Pick<Chunk, 'tally'>, outcome: Outcome): Report {
  const refused = [...tally.refused, ...outcome.refused].sort((a, b) => a.line - b.line)
  const reasons = { ...report.reasons }
  for (const { code } of refused) reasons[code] = (reasons[code] ?? 0) + 1
  return {
    rows: report.rows + tally.rows,
    stored: report.stored + outcome.stored,
    unchanged: report.unchanged + outcome.unchanged,
    deferred: report.deferred + outcome.deferred,
    collapsed: report.collapsed + outcome.collapsed,
    conflicting: report.conflicting + outcome.conflicting,
    empty: report.empty + tally.empty,
    shownTwice: report.shownTwice + tally.doubtful['shown twice'],
    neverShown: report.neverShown + tally.doubtful['never shown'],
    refused: report.refused + refused.length,
    reasons,
    first: [...report.first, ...refused.slice(0, SHOWN_IN_FULL - report.first.length)],
  }
}
