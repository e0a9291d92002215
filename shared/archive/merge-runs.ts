// Merges two contents in the archive's order, piece by piece.
import { compareSeries, type MetricRun } from './metric-runs.ts'

/**
 * Yields every point of both, in the archive's order; of two points of one series and time, the newer content's point. One run of each is in memory.
 * Both contents are in the archive's order, and each has a point once.
 */
export async function* mergeRuns(
  older: AsyncIterable<MetricRun>,
  newer: AsyncIterable<MetricRun>,
): AsyncGenerator<MetricRun, void> {
  const below = openCursor(older)
  const above = openCursor(newer)
  try {
    await Promise.all([below.advance(), above.advance()])
    while (below.run && above.run) {
      const order = compareSeries(below.run.series, above.run.series)
      if (order === 0) yield mergeWhileBoth(below, above, below.run.series)
      else yield rest(order < 0 ? below : above)
      if (isSpent(below)) await below.advance()
      if (isSpent(above)) await above.advance()
    }
    for (const left of [below, above]) {
      for (; left.run; await left.advance()) yield rest(left)
    }
  } finally {
    await Promise.all([below.close(), above.close()])
  }
}

/** A position in a content: the rows of `run` from `row` on have not been merged yet. */
interface Cursor {
  run: MetricRun | undefined
  row: number
  /** Goes to the next run that is not empty. */
  advance(): Promise<void>
  close(): Promise<void>
}

function openCursor(content: AsyncIterable<MetricRun>): Cursor {
  const runs = content[Symbol.asyncIterator]()
  const cursor: Cursor = {
    run: undefined,
    row: 0,
    async advance() {
      let next = await runs.next()
      while (!next.done && next.value.at.length === 0) next = await runs.next()
      cursor.run = next.done ? undefined : next.value
      cursor.row = 0
    },
    close: async () => void (await runs.return?.(undefined)),
  }
  return cursor
}

const isSpent = ({ run, row }: Cursor): boolean => run !== undefined && row >= run.at.length

/** Returns the rest of a run. */
function rest(cursor: Cursor): MetricRun {
  const { run, row } = cursor
  if (!run) throw new Error('a content has no more runs')
  cursor.row = run.at.length
  return row === 0 ? run : { series: run.series, at: run.at.subarray(row), value: run.value.subarray(row) }
}

/** Merges two runs of one series up to the end of either. */
function mergeWhileBoth(below: Cursor, above: Cursor, series: MetricRun['series']): MetricRun {
  const [old, fresh] = [below.run as MetricRun, above.run as MetricRun]
  const room = old.at.length - below.row + fresh.at.length - above.row
  const at = new Float64Array(room)
  const value = new Float64Array(room)
  let length = 0
  let [i, j] = [below.row, above.row]
  while (i < old.at.length && j < fresh.at.length) {
    const [earlier, later] = [old.at[i] as number, fresh.at[j] as number]
    const isOld = earlier < later
    at[length] = isOld ? earlier : later
    value[length++] = (isOld ? old.value[i] : fresh.value[j]) as number
    if (earlier <= later) i++
    if (later <= earlier) j++
  }
  below.row = i
  above.row = j
  return { series, at: at.subarray(0, length), value: value.subarray(0, length) }
}
