// Instants that are sent in nanoseconds and stored in microseconds: two of one series may become equal.
import type { Micros } from '@penstock/shared/base/time.ts'

/**
 * Returns false when an earlier value of the series has another nanosecond of the same microsecond, because storing both would lose one.
 * The same nanosecond is the same point, and the later value replaces the earlier one.
 */
export type MayHaveInstant = (name: string, labels: string, at: Micros, nanos: number) => boolean

/** The instants of one series: the latest one, and earlier ones, which are looked up only when an instant is not the latest. */
interface Taken {
  at: Micros
  nanos: number
  readonly before: number[]
  /** Nanoseconds by instant, collected from the first out-of-order instant on. */
  known: Map<Micros, number> | undefined
}

/** Remembers the instants of one request. `name` and `labels` together identify a series; `nanos` are the nanoseconds after `at`. */
export function createInstants(): MayHaveInstant {
  const byName = new Map<string, Map<string, Taken>>()
  return (name, labels, at, nanos) => {
    let byLabels = byName.get(name)
    if (!byLabels) byName.set(name, (byLabels = new Map()))
    const taken = byLabels.get(labels)
    if (taken) return take(taken, at, nanos)
    byLabels.set(labels, { at, nanos, before: [], known: undefined })
    return true
  }
}

function take(taken: Taken, at: Micros, nanos: number): boolean {
  if (at === taken.at) return nanos === taken.nanos
  if (at > taken.at && !taken.known) {
    taken.before.push(taken.at, taken.nanos)
    taken.at = at
    taken.nanos = nanos
    return true
  }
  taken.known ??= byInstant(taken.before)
  const other = taken.known.get(at)
  if (other !== undefined) return nanos === other
  taken.known.set(at, nanos)
  return true
}

function byInstant(pairs: readonly number[]): Map<Micros, number> {
  const known = new Map<Micros, number>()
  for (let i = 0; i < pairs.length; i += 2) known.set(pairs[i] ?? 0, pairs[i + 1] ?? 0)
  return known
}
