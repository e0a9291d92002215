// Decodes Prometheus remote write 1.0: https://prometheus.io/docs/specs/prw/remote_write_spec/. The message is WriteRequest of prompb.
import {
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
export function decodeRemoteWrite(context: DecodeContext, body: Buffer): Decoded {
  const collector = openCollector(context)
  const cursor = openCursor(body)
  let index = 0
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === TIME_SERIES) index += readTimeSeries(cursor, collector, index)
    else skip(cursor, tag)
  }
  return collector.decoded()
}

/** Reads a series, and returns its number of samples. */
function readTimeSeries(cursor: Cursor, collector: Collector, first: number): number {
  const outer = enter(cursor)
  const begin = cursor.at
  let samples = 0
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag === SAMPLES || tag === HISTOGRAMS) samples++
    skip(cursor, tag)
  }
  if (samples > 0) {
    cursor.at = begin
    const series = readSeries(cursor, collector)
    cursor.at = begin
    let index = first
    for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
      if (tag === SAMPLES) readSample(cursor, collector, series, index++)
      else {
        if (tag === HISTOGRAMS) {
          collector.refuse(
            index++,
            'invalid',
            quoted(series.names.type),
            'is a native histogram, which is not supported: send classic histograms',
          )
        }
        skip(cursor, tag)
      }
    }
  }
  leave(cursor, outer)
  return samples
}

/** An empty label is the same as a missing one, like in Prometheus itself. */
function readSeries(cursor: Cursor, collector: Collector): Series {
  const labels = new Map<string, string>()
  let repeated: string | undefined
  for (let tag = nextField(cursor); tag !== 0; tag = nextField(cursor)) {
    if (tag !== LABELS) {
      skip(cursor, tag)
      continue
    }
    const [name, value] = readLabel(cursor)
    if (labels.has(name)) repeated = name
    if (value !== '') labels.set(name, value)
  }
  const names = judgeNames(labels.get(JOB) ?? NO_JOB, labels.get(METRIC_NAME) ?? '', '1')
  labels.delete(JOB)
  labels.delete(METRIC_NAME)
  return { names, labels: collector.labels(labels), repeated }
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

function readSample(cursor: Cursor, collector: Collector, { names, labels, repeated }: Series, index: number): void {
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
  if (!Number.isFinite(value)) collector.ignore()
  else if (repeated !== undefined) collector.refuse(index, 'invalid', `label ${quoted(repeated)}`, 'must be given once')
  else collector.add(index, names, labels, ms * 1_000, value)
}
