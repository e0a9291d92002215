// Checks whether the observations of one point are possible for an atomic register: zones, after Gibbons and Korach, "Testing shared
// memories".

/** A write of a value, or a read that saw it; null means "no point". Each value is written once. Times are milliseconds of one clock. */
export interface Operation {
  readonly kind: 'write' | 'read'
  readonly value: number | null
  /** The kind of reader, for the report. */
  readonly by?: string | undefined
  readonly start: number
  /** Infinity for a write with an unknown result. */
  readonly end: number
}

interface Zone {
  readonly value: number | null
  /** The reader that saw it last, and the one that saw it first, or the writer. */
  readonly by: string
  readonly from: number
  readonly to: number
}

/**
 * Returns violations as sentences; none when there is an order of the operations, each within its time, in which every read sees the last
 * write.
 */
export function findViolations(operations: readonly Operation[]): readonly string[] {
  const violations: string[] = []
  const forward: Zone[] = []
  const backward: Zone[] = []
  for (const [value, all] of Map.groupBy(operations, (operation) => operation.value)) {
    const write = value === null ? before : all.find(({ kind }) => kind === 'write')
    const reads = all.filter(({ kind }) => kind === 'read')
    if (!write) {
      violations.push(`${value} was read and never written`)
      continue
    }
    if (write.end === Number.POSITIVE_INFINITY && reads.length === 0) continue
    if (reads.some(({ end }) => end < write.start)) violations.push(`${value} was read before it was written`)
    const first = Math.min(write.end, ...ends(reads))
    const last = Math.max(write.start, ...starts(reads))
    const by = `${reads.find(({ start }) => start === last)?.by ?? 'a writer'}, ${reads.find(({ end }) => end === first)?.by ?? 'a writer'}`
    if (first < last) forward.push({ value, by, from: first, to: last })
    else backward.push({ value, by, from: last, to: first })
  }
  forward.sort((a, b) => a.from - b.from)
  return [...violations, ...overlaps(forward), ...contained(forward, backward)]
}

const before: Operation = {
  kind: 'write',
  value: null,
  start: Number.NEGATIVE_INFINITY,
  end: Number.NEGATIVE_INFINITY,
}

const ends = (reads: readonly Operation[]): number[] => [
  reads.reduce((least, { end }) => Math.min(least, end), Infinity),
]
const starts = (reads: readonly Operation[]): number[] => [
  reads.reduce((greatest, { start }) => Math.max(greatest, start), -Infinity),
]

/** Finds two values that were both current for a while at the same time. Sorted by their beginnings. */
function overlaps(forward: readonly Zone[]): string[] {
  return forward.flatMap((zone, i) => {
    const next = forward[i + 1]
    if (!next || next.from >= zone.to) return []
    return `${zone.value} was current until ${ms(zone.to)} (${zone.by}), and ${next.value} from ${ms(next.from)} on (${next.by})`
  })
}

/** Finds a value that was current only while another one certainly was. */
function contained(forward: readonly Zone[], backward: readonly Zone[]): string[] {
  return backward.flatMap((zone) => {
    const around = forward.find(({ from, to }) => from < zone.from && zone.to < to)
    return around ? `${zone.value} was written at ${ms(zone.from)}, while ${around.value} was current` : []
  })
}

const ms = (at: number): string => `${at.toFixed(1)} ms`
