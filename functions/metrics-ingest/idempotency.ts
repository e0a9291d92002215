// The part of a first answer that is stored under its idempotency key: only what the payload does not determine.
import type { FieldError } from '@penstock/shared/base/problem.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import type { VerdictCode } from '@penstock/shared/base/wire.ts'
import { type Rejection, reject } from '@penstock/shared/points/verdicts.ts'
import type { Written } from './write-request.ts'

/** Verdicts that depend on more than payload and clock, as bitmaps: 10,000 entries take 1.7 KiB per code. */
interface LateVerdict {
  readonly code: VerdictCode
  readonly errors: readonly FieldError[]
  /** In base64; bit `i` belongs to entry `i`. */
  readonly entries: string
}

const LATE_CODES: readonly VerdictCode[] = ['series_limit_reached', 'month_expired']

/** The instants that determine an answer. */
export interface Instants {
  /** The clock of its verdicts. */
  readonly at: Micros
  /** The first instant that was given to entries without timestamps; null when all entries had one. */
  readonly first: Micros | null
}

/** Returns the part of a first answer to store. */
export function toVerdicts(
  { at, first }: Instants,
  written: Written,
  rejections: readonly Rejection[],
): Record<string, unknown> {
  const late = LATE_CODES.flatMap((code): LateVerdict[] => {
    const those = rejections.filter((rejection) => rejection.code === code)
    return those[0] ? [{ code, errors: those[0].errors, entries: toBitmap(those.map(({ index }) => index)) }] : []
  })
  return { at, first, stored: written.stored, deferred: written.deferred, late }
}

export interface RememberedVerdicts extends Instants {
  readonly written: Written
  /** Returns all rejections of the first answer, from those that are decided again with its clock. */
  readonly rejections: (decidedAgain: readonly Rejection[]) => readonly Rejection[]
}

export function readVerdicts(remembered: Record<string, unknown>): RememberedVerdicts {
  const { at, first, stored, deferred, late } = remembered as {
    at: Micros
    /** Absent when an earlier release stored it. */
    first?: Micros | null
    stored: number
    deferred: number
    late: readonly LateVerdict[]
  }
  return {
    at,
    first: first === undefined ? at : first,
    written: { kind: 'written', stored, deferred, expired: [] },
    rejections(decidedAgain) {
      const early = decidedAgain.filter((rejection) => !LATE_CODES.includes(rejection.code))
      const then = late.flatMap(({ code, errors, entries }) =>
        fromBitmap(entries).map((index) => reject(index, code, errors)),
      )
      return [...early, ...then].toSorted((a, b) => a.index - b.index)
    },
  }
}

function toBitmap(indexes: readonly number[]): string {
  const bits = Buffer.alloc((Math.max(...indexes) >> 3) + 1)
  for (const index of indexes) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
  return bits.toString('base64')
}

function fromBitmap(text: string): number[] {
  const bits = Buffer.from(text, 'base64')
  return Array.from({ length: bits.length * 8 }, (_, index) => index).filter(
    (index) => ((bits[index >> 3] ?? 0) >> (index & 7)) & 1,
  )
}
