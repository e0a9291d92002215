// Points as columns: the form in which they are passed from a decoder to the log, and from the log and chunks to their readers.

/**
 * Points of one tenant as columns of one length. The arrays may be longer than `length`, because decoders reuse them. Do not change
 * columns that were passed on.
 */
export interface Columns {
  readonly length: number
  /** Ids of series. */
  readonly series: Int32Array
  /** Microseconds since 1970: whole numbers, which a double holds exactly up to the year 2255. */
  readonly at: Float64Array
  /** Finite, at most 1e150 in magnitude, and never -0. */
  readonly value: Float64Array
}

/** Columns of points for the log, with the block of each point's series. */
export interface BlockColumns extends Columns {
  readonly block: Int32Array
}

/** Columns that are sorted by (series, at) and have each pair once. The type ensures that callers sort. */
export type Sorted<C extends Columns> = C & { readonly sorted: true }

/** Makes empty columns with room for `room` points. */
export function makeColumns(room: number): BlockColumns {
  return {
    length: room,
    series: new Int32Array(room),
    block: new Int32Array(room),
    at: new Float64Array(room),
    value: new Float64Array(room),
  }
}

/** Concatenates columns in this order. */
export function joinColumns(parts: readonly BlockColumns[]): BlockColumns {
  const [only] = parts
  if (only && parts.length === 1) return only
  const joined = makeColumns(parts.reduce((sum, part) => sum + part.length, 0))
  let to = 0
  for (const { length, series, block, at, value } of parts) {
    joined.series.set(series.subarray(0, length), to)
    joined.block.set(block.subarray(0, length), to)
    joined.at.set(at.subarray(0, length), to)
    joined.value.set(value.subarray(0, length), to)
    to += length
  }
  return joined
}

/**
 * Returns the points sorted by (series, at), each pair once: of equal pairs, the later one in the given order remains. Sorted columns are
 * returned unchanged, after one pass.
 */
export function sortColumns(columns: BlockColumns): Sorted<BlockColumns> {
  if (isSorted(columns)) return { ...columns, sorted: true }
  const order = orderByKey(columns.series, columns.length)
  sortRunsByTime(columns, order)
  return { ...pick(columns, order, dropEarlier(columns, order)), sorted: true }
}

/** Returns the points at these indexes, in the order of `places`. */
export function pick(columns: BlockColumns, places: Uint32Array, count: number = places.length): BlockColumns {
  const { series, block, at, value } = columns
  const picked = makeColumns(count)
  for (let i = 0; i < count; i++) {
    const from = places[i] as number
    picked.series[i] = series[from] as number
    picked.block[i] = block[from] as number
    picked.at[i] = at[from] as number
    picked.value[i] = value[from] as number
  }
  return picked
}

function isSorted({ length, series, at }: Columns): boolean {
  for (let i = 1; i < length; i++) {
    const [before, current] = [series[i - 1] as number, series[i] as number]
    if (before > current || (before === current && (at[i - 1] as number) >= (at[i] as number))) return false
  }
  return true
}

/** The range of ids up to which counting is cheaper than comparing, in multiples of the number of points. */
const COUNTED_RANGE = 8
const COUNTED_ANYWAY = 65_536

/** Returns indexes in the order of their keys; the sort is stable. */
export function orderByKey(keys: Int32Array, length: number): Uint32Array {
  const order = new Uint32Array(length)
  let least = keys[0] ?? 0
  let greatest = least
  for (let i = 1; i < length; i++) {
    const key = keys[i] as number
    if (key < least) least = key
    else if (key > greatest) greatest = key
  }
  const range = greatest - least + 1
  if (range > length * COUNTED_RANGE + COUNTED_ANYWAY) {
    for (let i = 0; i < length; i++) order[i] = i
    return order.sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b)
  }
  const next = new Uint32Array(range + 1)
  for (let i = 0; i < length; i++) (next[(keys[i] as number) - least + 1] as number)++
  for (let key = 1; key <= range; key++) next[key] = (next[key] as number) + (next[key - 1] as number)
  for (let i = 0; i < length; i++) order[(next[(keys[i] as number) - least] as number)++] = i
  return order
}

/** Sorts the indexes of each series by time, stably; they are usually in order already. */
function sortRunsByTime({ series, at }: Columns, order: Uint32Array): void {
  for (let from = 0; from < order.length; ) {
    const id = series[order[from] as number]
    let to = from + 1
    let ascending = true
    for (; to < order.length && series[order[to] as number] === id; to++) {
      if ((at[order[to - 1] as number] as number) > (at[order[to] as number] as number)) ascending = false
    }
    if (!ascending) sortByTime(at, order.subarray(from, to))
    from = to
  }
}

/**
 * Sorts the indexes of one series by time, stably. They are usually ascending runs, one for each request that brought points, which do not
 * overlap: those are only put in order. Comparing point by point took a tenth of a compaction's time.
 */
function sortByTime(at: Float64Array, order: Uint32Array): void {
  const timeOf = (place: number): number => at[order[place] as number] as number
  const begins = [0]
  for (let i = 1; i < order.length; i++) if (timeOf(i - 1) > timeOf(i)) begins.push(i)
  const runs = begins.map((begin, i) => ({ begin, end: begins[i + 1] ?? order.length }))
  runs.sort((a, b) => timeOf(a.begin) - timeOf(b.begin))
  const overlap = runs.some(({ begin }, i) => {
    const before = runs[i - 1]
    return before !== undefined && timeOf(before.end - 1) >= timeOf(begin)
  })
  if (overlap) {
    order.sort((a, b) => (at[a] as number) - (at[b] as number) || a - b)
    return
  }
  const inOrder = new Uint32Array(order.length)
  let to = 0
  for (const { begin, end } of runs) {
    inOrder.set(order.subarray(begin, end), to)
    to += end - begin
  }
  order.set(inOrder)
}

/** Moves the last index of each (series, at) to the front, and returns their number. */
function dropEarlier({ series, at }: Columns, order: Uint32Array): number {
  let kept = 0
  for (let i = 0; i < order.length; i++) {
    const [place, next] = [order[i] as number, order[i + 1]]
    if (next !== undefined && series[place] === series[next] && at[place] === at[next]) continue
    order[kept++] = place
  }
  return kept
}

/** Points in the order of the request: of two points of one series and instant the later one wins. */
export interface PlacedColumns extends BlockColumns {
  /** Place of each point's entry in the request. */
  readonly entry: Int32Array
}

/** Columns with room for so many points. */
export function makePlacedColumns(room: number): PlacedColumns {
  return {
    length: room,
    entry: new Int32Array(room),
    series: new Int32Array(room),
    block: new Int32Array(room),
    at: new Float64Array(room),
    value: new Float64Array(room),
  }
}

/** Entries of the points that lie below an instant, each point of them. */
export function entriesBefore({ length, entry, at }: PlacedColumns, before: number): number[] {
  const found: number[] = []
  for (let i = 0; i < length; i++) if ((at[i] as number) < before) found.push(entry[i] as number)
  return found
}
