// Decodes Prometheus remote write 1.0: https://prometheus.io/docs/specs/prw/remote_write_spec/. The message is WriteRequest of prompb.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { MAX_LABEL_NAMES, TOO_MANY_NAMES } from '@penstock/shared/points/labels.ts'
import type { KnownSeries } from '@penstock/shared/points/series-memory.ts'
import { openPiecesOfMessage, type PiecesOfBody } from './body-pieces.ts'
import { isRunAt, openByteIndex, type Run } from './byte-index.ts'
import {
  brokenLabels,
  type Collector,
  type DecodeContext,
  type Decoded,
  type JudgedLabels,
  judgeNames,
  type Names,
  openCollector,
  quoted,
} from './collector.ts'
import {
  type Cursor,
  enter,
  fixed64Field,
  leave,
  lengthField,
  nextField,
  openCursor,
  readDouble,
  readText,
  readVarint,
  signed,
  skip,
  varintField,
} from './protobuf-reader.ts'

const TIME_SERIES = lengthField(1)

const LABELS = lengthField(1)
const SAMPLES = lengthField(2)
const HISTOGRAMS = lengthField(4)

const NAME = lengthField(1)
const VALUE = lengthField(2)

const SAMPLE_VALUE = fixed64Field(1)
const SAMPLE_MS = varintField(2)

const METRIC_NAME = '__name__'
const JOB = 'job'
/** The service name of series without a job. */
const NO_JOB = 'prometheus'

interface Series {
  readonly names: Names
  readonly labels: JudgedLabels
  /** A label name that occurs twice. */
  readonly repeated: string | undefined
}

/**
 * Returns the points of a decompressed WriteRequest; samples that are not finite, such as stale markers, are ignored. Time and memory are
 * bounded by its size.
 * @throws {Problem} 400 for an invalid message; 413 for too many values.
 */
export function* decodeRemoteWrite(context: DecodeContext, body: Buffer): Pieces<Decoded> {
  const collector = openCollector(context)
  const cursor = openCursor(body)
  const known = openKnownLabels(context, cursor)
  const pieces = openPiecesOfMessage(cursor, collector)
  let index = 0
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === TIME_SERIES) index += yield* readTimeSeries({ cursor, collector, known, pieces }, index)
    else skip(cursor, tag)
    if (pieces.isOver()) yield* pieces.pause()
  }
  return collector.decoded()
}

interface Reading {
  readonly cursor: Cursor
  readonly collector: Collector
  readonly known: KnownLabels
  readonly pieces: PiecesOfBody
}

/** Reads a series with its samples. Returns the number of samples. */
function* readTimeSeries({ cursor, collector, known, pieces }: Reading, first: number): Pieces<number> {
  const outer = enter(cursor)
  const begin = cursor.at
  const run = known.find(begin, cursor.end)
  const series = run ? run.series : yield* readSeriesOf(cursor, collector, pieces)
  cursor.at = run ? begin + run.length : begin
  let index = first
  let taken: KnownSeries | undefined
  for (let tag = nextField(cursor); series && tag !== 0; tag = nextField(cursor)) {
    if (tag === SAMPLES) taken = readSample(cursor, collector, series, index++) ?? taken
    else {
      if (tag === HISTOGRAMS) refuseHistogram(collector, series, index++)
      skip(cursor, tag)
    }
    if (pieces.isOver()) yield* pieces.pause()
  }
  if (taken && !run) known.learn(begin, cursor.end, taken)
  leave(cursor, outer)
  return index - first
}

/** Reads the series of the entered message; returns undefined when it has no samples, because then it needs no verdict. */
function* readSeriesOf(cursor: Cursor, collector: Collector, pieces: PiecesOfBody): Pieces<Series | undefined> {
  const begin = cursor.at
  let samples = 0
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === SAMPLES || tag === HISTOGRAMS) samples++
    skip(cursor, tag)
    if (pieces.isOver()) yield* pieces.pause()
  }
  cursor.at = begin
  return samples === 0 ? undefined : yield* readSeries(cursor, collector, pieces)
}

function refuseHistogram(collector: Collector, series: Series | KnownSeries, index: number): void {
  const type = 'names' in series ? series.names.type : series.type
  const rule = 'is a native histogram, which is not supported: send classic histograms'
  collector.refuse(index, 'invalid', quoted(type), rule)
}

/** An empty label is the same as a missing one, like in Prometheus itself. */
function* readSeries(cursor: Cursor, collector: Collector, pieces: PiecesOfBody): Pieces<Series> {
  const labels = new Map<string, string>()
  let repeated: string | undefined
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === LABELS && labels.size <= MAX_LABEL_NAMES) {
      const [name, value] = readLabel(cursor)
      if (labels.has(name)) repeated = name
      if (value !== '') labels.set(name, value)
    } else skip(cursor, tag)
    if (pieces.isOver()) yield* pieces.pause()
  }
  const names = judgeNames(labels.get(JOB) ?? NO_JOB, labels.get(METRIC_NAME) ?? '', '1')
  labels.delete(JOB)
  labels.delete(METRIC_NAME)
  const judged = labels.size < MAX_LABEL_NAMES ? collector.labels(labels) : brokenLabels(TOO_MANY_NAMES)
  return { names, labels: judged, repeated }
}

function readLabel(cursor: Cursor): readonly [name: string, value: string] {
  let name = ''
  let value = ''
  const outer = enter(cursor)
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === NAME) name = readText(cursor)
    else if (tag === VALUE) value = readText(cursor)
    else skip(cursor, tag)
  }
  leave(cursor, outer)
  return [name, value]
}

/** Returns the series of a sample that was taken. */
function readSample(
  cursor: Cursor,
  collector: Collector,
  series: Series | KnownSeries,
  index: number,
): KnownSeries | undefined {
  let value = 0
  let ms = 0
  const outer = enter(cursor)
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === SAMPLE_VALUE) value = readDouble(cursor)
    else if (tag === SAMPLE_MS) {
      readVarint(cursor)
      ms = signed(cursor)
    } else skip(cursor, tag)
  }
  leave(cursor, outer)
  if (!Number.isFinite(value)) {
    collector.ignore()
    return undefined
  }
  if (!('names' in series)) return collector.addKnown(index, series, ms * 1_000, value, -1) ? series : undefined
  const { names, labels, repeated } = series
  if (repeated === undefined) return collector.add(index, names, labels, ms * 1_000, value)
  collector.refuse(index, 'invalid', `label ${quoted(repeated)}`, 'must be given once')
  return undefined
}

interface KnownLabels {
  /** Returns the run of the labels at the beginning of a message that contains only labels and samples. */
  find(begin: number, end: number): Run | undefined
  /** Stores the labels of a message in which only samples follow the labels. */
  learn(begin: number, end: number, series: KnownSeries): void
}

function openKnownLabels({ memory, tenant }: DecodeContext, { bytes, view }: Cursor): KnownLabels {
  const index = openByteIndex(memory, `remote write ${JSON.stringify(tenant.ignoredLabels)}`)
  let last: Run | undefined
  const follow = (run: Run): void => {
    if (last) last.next = run
    last = run
  }
  return {
    find(begin, end) {
      const predicted = last?.next
      if (predicted && isRunAt(predicted, view, begin) && hasOnlySamples(bytes, begin + predicted.length, end))
        return (last = predicted)
      const to = endOfFields(bytes, begin, Math.min(end, begin + MAX_KNOWN_BYTES), LABELS)
      const found = to > begin && hasOnlySamples(bytes, to, end) ? index.find(view, begin, to) : undefined
      if (found) follow(found)
      return found
    },
    learn(begin, end, series) {
      const to = endOfFields(bytes, begin, Math.min(end, begin + MAX_KNOWN_BYTES), LABELS)
      if (to > begin && hasOnlySamples(bytes, to, end)) follow(index.learn(view, begin, to, series))
    },
  }
}

/** Maximum bytes of labels that are compared with known ones. Comparing more would take as long as reading them. */
const MAX_KNOWN_BYTES = 65_536

const hasOnlySamples = (bytes: Buffer, from: number, end: number): boolean =>
  from < end && end - from <= MAX_KNOWN_BYTES && endOfFields(bytes, from, end, SAMPLES) === end

/** Returns the position after consecutive fields with this tag that have fewer than 128 bytes each. */
function endOfFields(bytes: Buffer, from: number, end: number, tag: number): number {
  let at = from
  while (at + 1 < end && bytes[at] === tag) {
    const length = bytes[at + 1] as number
    if (length > 127 || at + 2 + length > end) break
    at += 2 + length
  }
  return at
}
