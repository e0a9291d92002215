// Points of named series as columns: what a decoder makes of a request.
import type { KnownSeries } from './series-memory.ts'

/** Points in the order of their entries. The arrays may be longer than `length`. */
export interface NamedColumns {
  readonly length: number
  /** Place of each point's entry in the request, rising. */
  readonly entry: Int32Array
  /** Place of each point's series in `series`. */
  readonly name: Int32Array
  /** Microseconds since 1970; NaN where the entry has no instant of its own. */
  readonly at: Float64Array
  /** Finite, at most 1e150 in magnitude, and never -0. */
  readonly value: Float64Array
  /** The series of the request, each once. */
  readonly series: readonly KnownSeries[]
}

/** Columns that grow. A decoder on its fast way writes at `length` itself, and raises it when the whole entry is read. */
export interface GrowingColumns extends NamedColumns {
  length: number
  entry: Int32Array
  name: Int32Array
  at: Float64Array
  value: Float64Array
  readonly series: KnownSeries[]
}

export interface PointCollector {
  readonly columns: GrowingColumns
  /** Returns the place of a series among those of the request, and adds it where it is new. */
  placeOf(series: KnownSeries): number
  /** Adds a point. `at` is NaN when its entry has no instant. */
  add(entry: number, place: number, at: number, value: number): void
  /** Makes room for as many more points. */
  reserve(points: number): void
  /** The request lets others work: they may use the same series. */
  paused(): void
}

const FIRST_ROOM = 64

/** Requests are numbered so that a series knows whose place it holds. */
let requests = 0

/** Opens the columns of one request. */
export function collectPoints(): PointCollector {
  const columns = emptyColumns()
  const request = ++requests
  /** Places by the key of the series, because a series that was forgotten in a pause may return as another object. Undefined until the first pause. */
  let places: Map<string, number> | undefined

  function newPlaceOf(series: KnownSeries): number {
    const place = places?.get(series.key) ?? columns.series.push(series) - 1
    places?.set(series.key, place)
    series.request = request
    series.place = place
    return place
  }
  return {
    columns,
    placeOf: (series) => (series.request === request ? series.place : newPlaceOf(series)),
    add(entry, place, at, value) {
      const { length } = columns
      if (length === columns.value.length) grow(columns, length * 2)
      columns.entry[length] = entry
      columns.name[length] = place
      columns.at[length] = at
      // -0 and 0 are one value.
      columns.value[length] = value + 0
      columns.length = length + 1
    },
    reserve(points) {
      const room = columns.length + points
      if (room > columns.value.length) grow(columns, Math.max(room, columns.length * 2))
    },
    paused() {
      places ??= new Map(columns.series.map(({ key }, place) => [key, place]))
    },
  }
}

function emptyColumns(): GrowingColumns {
  return {
    length: 0,
    entry: new Int32Array(FIRST_ROOM),
    name: new Int32Array(FIRST_ROOM),
    at: new Float64Array(FIRST_ROOM),
    value: new Float64Array(FIRST_ROOM),
    series: [],
  }
}

function grow(columns: GrowingColumns, room: number): void {
  const { entry, name, at, value } = columns
  columns.entry = new Int32Array(room)
  columns.entry.set(entry)
  columns.name = new Int32Array(room)
  columns.name.set(name)
  columns.at = new Float64Array(room)
  columns.at.set(at)
  columns.value = new Float64Array(room)
  columns.value.set(value)
}

/** The points whose place `isKept` says, in their order. */
export function keepPoints(columns: NamedColumns, isKept: (place: number) => boolean): NamedColumns {
  const kept: GrowingColumns = { ...emptyColumns(), series: [...columns.series] }
  grow(kept, Math.max(columns.length, FIRST_ROOM))
  for (let i = 0; i < columns.length; i++) {
    if (!isKept(i)) continue
    copyPoint(columns, i, kept, kept.length++)
  }
  return kept
}

function copyPoint(from: NamedColumns, i: number, to: GrowingColumns, place: number): void {
  to.entry[place] = from.entry[i] as number
  to.name[place] = from.name[i] as number
  to.at[place] = from.at[i] as number
  to.value[place] = from.value[i] as number
}

/** The points from `from` to `to`, the latter not included, without a copy. */
export function slicePoints(columns: NamedColumns, from: number, to: number): NamedColumns {
  const { entry, name, at, value, series } = columns
  return {
    length: to - from,
    entry: entry.subarray(from, to),
    name: name.subarray(from, to),
    at: at.subarray(from, to),
    value: value.subarray(from, to),
    series,
  }
}
