// Instants that were sent in nanoseconds and are stored in microseconds: two of one series may meet there.
import type { Micros } from '@penstock/shared/time.ts'

/**
 * Says whether a value may have its instant: false when an earlier value of its series lies in the same microsecond, at another
 * nanosecond, so that storing both would lose one. The same nanosecond is the same point, and the later value replaces the earlier one.
 */
export type MayHaveInstant = (name: string, labels: string, at: Micros, nanos: number) => boolean

/** The instants of one series. Most series have one in a request, so only further ones get a map. */
interface Taken {
  readonly at: Micros
  readonly nanos: number
  more: Map<Micros, number> | undefined
}

/** Remembers the instants of one request. `name` and `labels` together are a series; `nanos` are the nanoseconds beyond `at`. */
export function createInstants(): MayHaveInstant {
  const byName = new Map<string, Map<string, Taken>>()
  return (name, labels, at, nanos) => {
    let byLabels = byName.get(name)
    if (!byLabels) byName.set(name, (byLabels = new Map()))
    const taken = byLabels.get(labels)
    if (!taken) {
      byLabels.set(labels, { at, nanos, more: undefined })
      return true
    }
    if (taken.at === at) return taken.nanos === nanos
    const known = taken.more?.get(at)
    if (known !== undefined) return known === nanos
    taken.more ??= new Map()
    taken.more.set(at, nanos)
    return true
  }
}
