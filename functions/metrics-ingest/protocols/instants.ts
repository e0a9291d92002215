// Instants that are sent in nanoseconds and stored in microseconds: two of one series may become equal.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { NamedColumns } from '@penstock/shared/points/named-columns.ts'

/**
 * Returns true when a value of the series at this place may have this instant. Returns false when an earlier value of the series has the same
 * microsecond but another nanosecond, because storing both would lose one. The same nanosecond is the same point, and the later value replaces
 * the earlier one.
 */
export type MayHaveInstant = (place: number, at: Micros, nanos: number) => boolean

const FIRST_ROOM = 64

/**
 * Remembers the instants of one request, whose points are in `columns`. For each series it remembers only the latest instant until one arrives
 * out of order, and all of them from then on. `nanos` are the nanoseconds beyond `at`.
 */
export function createInstants(columns: NamedColumns): MayHaveInstant {
  let latest = new Float64Array(FIRST_ROOM).fill(Number.NEGATIVE_INFINITY)
  let latestNanos = new Int16Array(FIRST_ROOM)
  /** Nanoseconds of the points in `columns`, by index. */
  let nanosOf = new Int16Array(FIRST_ROOM)
  /** The nanoseconds by place and instant. Undefined as long as the instants of each series increase. */
  let known: Map<number, Map<Micros, number>> | undefined

  function makeRoom(place: number): void {
    if (place >= latest.length) {
      const more = new Float64Array(Math.max(place + 1, latest.length * 2)).fill(Number.NEGATIVE_INFINITY)
      more.set(latest)
      latest = more
      latestNanos = longer(latestNanos, more.length)
    }
    if (columns.length >= nanosOf.length) nanosOf = longer(nanosOf, columns.length * 2)
  }

  function take(place: number, at: Micros, nanos: number): boolean {
    known ??= instantsOf(columns, nanosOf)
    const instants = known.get(place) ?? new Map<Micros, number>()
    known.set(place, instants)
    const other = instants.get(at)
    if (other !== undefined) return nanos === other
    instants.set(at, nanos)
    return true
  }

  return (place, at, nanos) => {
    if (place >= latest.length || columns.length >= nanosOf.length) makeRoom(place)
    const before = latest[place] as number
    nanosOf[columns.length] = nanos
    if (at === before) return nanos === latestNanos[place]
    if (at < before || known) {
      if (!take(place, at, nanos)) return false
      if (at < before) return true
    }
    latest[place] = at
    latestNanos[place] = nanos
    return true
  }
}

function longer(values: Int16Array<ArrayBuffer>, room: number): Int16Array<ArrayBuffer> {
  const more = new Int16Array(room)
  more.set(values)
  return more
}

function instantsOf({ length, name, at }: NamedColumns, nanos: Int16Array): Map<number, Map<Micros, number>> {
  const known = new Map<number, Map<Micros, number>>()
  for (let i = 0; i < length; i++) {
    const place = name[i] as number
    const instants = known.get(place) ?? new Map<Micros, number>()
    known.set(place, instants)
    instants.set(at[i] as number, nanos[i] as number)
  }
  return known
}
