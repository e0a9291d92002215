// Reads the metrics of a JSON file as chunks of points. Each line is one metric, an array of metrics, or { "metrics": [...] }, as on the
// wire; or the file is one array over several lines.
import { isUtf8 } from 'node:buffer'
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import { entriesIn } from '@penstock/shared/points/metric.ts'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import { judgeEntries, type TimeLimits } from '@penstock/shared/points/verdicts.ts'
import { type Chunk, type ChunkBuilder, createChunk, type Position } from '../chunk.ts'
import { readValues, type Value } from '../values.ts'
import { readLines } from './lines.ts'

export interface NdjsonDeps {
  readonly tenant: Tenant
  readonly limits: TimeLimits
  readonly now: Micros
  /** The default is `lines`. */
  readonly layout?: 'lines' | 'array' | 'objects'
}

/** The same limit as for the body of a request. */
const MAX_LINE_BYTES = 32 * 1024 * 1024
const MAX_LINE_METRICS = 10_000
/** This decoder drops a byte order mark. */
const utf8 = new TextDecoder()

/** Reads lines, or values, after `from` into chunks, in the order of the file. A line or value is always in one chunk. */
export async function* readNdjson(
  deps: NdjsonDeps,
  blocks: AsyncIterable<Buffer>,
  from: Position,
): AsyncGenerator<Chunk> {
  let end = from
  let open = openChunk()
  const { layout = 'lines' } = deps
  const parts: AsyncGenerator<readonly Value[]> =
    layout === 'lines'
      ? readLines(blocks, from, MAX_LINE_BYTES)
      : readValues(blocks, from, MAX_LINE_BYTES, layout === 'array')
  for await (const lines of parts) {
    for (const line of lines) {
      end = { bytes: line.end, lines: line.lines ?? line.number }
      takeLine(deps, open, line)
      if (!open.chunk.isFull()) continue
      yield open.chunk.finish(open.series, end, false)
      open = openChunk()
    }
  }
  yield open.chunk.finish(open.series, end, true)
}

interface OpenChunk {
  readonly chunk: ChunkBuilder
  readonly series: SeriesName[]
  /** Indexes of the series by their names. */
  readonly places: Map<string, number>
}

const openChunk = (): OpenChunk => ({ chunk: createChunk(MAX_LINE_METRICS), series: [], places: new Map() })

function takeLine(deps: NdjsonDeps, open: OpenChunk, { bytes, number, broken }: Value): void {
  const { chunk } = open
  if (bytes !== null && isBlank(bytes)) return
  chunk.tally.rows++
  const entries = broken ?? parse(bytes)
  if (typeof entries === 'string') return chunk.refuse(number, null, 'bad_line', entries)
  const timed = [...entries.keys()].filter((i) => !lacksTimestamp(entries[i]))
  for (const i of entries.keys()) {
    if (lacksTimestamp(entries[i])) chunk.refuse(number, placeOf(entries, i), 'bad_time', NO_TIMESTAMP)
  }
  const { points, rejections } = judgeEntries(
    timed.map((i) => entries[i]),
    deps.tenant,
    deps.limits,
    deps.now,
  )
  for (const { index, code, detail } of rejections) {
    chunk.refuse(number, placeOf(entries, timed[index] ?? 0), code, detail)
  }
  // Each point has a timestamp, because others were refused above.
  for (const point of points) chunk.add(placeOfSeries(open, point), point.at as Micros, point.value, number)
}

const NO_TIMESTAMP = 'timestamp is missing: without one it would be another point at each import'

/** Returns the metrics of a line, or a sentence that says why there are none. */
function parse(bytes: Buffer | null): readonly unknown[] | string {
  if (bytes === null) return `is longer than ${MAX_LINE_BYTES} bytes`
  if (!isUtf8(bytes)) return 'is not valid UTF-8'
  try {
    const entries = entriesIn(JSON.parse(utf8.decode(bytes)))
    if (!entries) return 'is not a metric, an array of metrics or { "metrics": [...] }'
    return entries.length > MAX_LINE_METRICS ? `has more than ${MAX_LINE_METRICS} metrics` : entries
  } catch {
    return 'is not valid JSON'
  }
}

function placeOfSeries({ series, places }: OpenChunk, { service, type, unit, labels }: SeriesName): number {
  const key = JSON.stringify([service, type, unit, labels])
  const known = places.get(key)
  if (known !== undefined) return known
  places.set(key, series.length)
  return series.push({ service, type, unit, labels }) - 1
}

/** Returns the JSON pointer of a metric in a line with several, counted from 0. */
const placeOf = (entries: readonly unknown[], index: number): string | null => (entries.length > 1 ? `/${index}` : null)

const lacksTimestamp = (entry: unknown): boolean =>
  typeof entry === 'object' && entry !== null && ((entry as { timestamp?: unknown }).timestamp ?? null) === null

const BLANKS = new Set([0x20, 0x09, 0x0d, 0xef, 0xbb, 0xbf])
/** A line with only a byte order mark is blank too. */
const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => BLANKS.has(byte))
