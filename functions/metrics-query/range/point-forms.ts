// The compact forms of a page of points. Each has the points of the JSON page, in its order, without their ids.
import { formatTimestamp, MINUTE, type Micros } from '@penstock/shared/base/time.ts'
import { ownedBuffer, ownedCopy, ownedStart, ownedText } from '@penstock/shared/http/body-buffer.ts'
import { arrowStream, instantColumn, numberColumn, textColumn } from '@penstock/shared/negotiation/arrow.ts'
import type { AnswerType } from '../contract.ts'
import { csvField, csvLine } from '../forms/csv.ts'
import { MICROS_BYTES, NUMBER_BYTES, writeInstants, writeNumbers } from '../forms/numbers.ts'
import { onlySeries, type Points, takePoints } from '../months/points.ts'
import type { PageLimits } from '../page.ts'
import { type WritePoints, writePoints } from './point-page.ts'
import type { PointTemplate, SeriesNames } from './point-template.ts'

export const pointForms: Readonly<Record<AnswerType, WritePoints>> = {
  'application/json': writePoints,
  'application/vnd.penstock.columns+json': writeColumns,
  'text/csv': writeCsv,
  'application/vnd.apache.arrow.stream': writeArrow,
}

type Templates = ReadonlyMap<number, PointTemplate>

const POINT_BYTES = MICROS_BYTES + NUMBER_BYTES
/** Bytes of a page in the form of Arrow in addition to its columns: the schema, and the frame of each message. */
const ARROW_BYTES = 4_096
/** Four references into dictionaries, an instant and a value. */
const ARROW_POINT_BYTES = 32
const HEADER = csvLine(['service_name', 'metric_type', 'unit', 'metric_metadata', 'timestamp', 'metric_value'])
/** An instant, a value, commas and the end of the line. */
const CSV_POINT_BYTES = 27 + NUMBER_BYTES + 8

/** Writes a JSON array of the contract's MetricColumns: one object per series, in the order of their first points. */
function writeColumns(points: Points, templates: Templates, limits: PageLimits): ReturnType<WritePoints> {
  const heads = new Map<number, Buffer>()
  const headOf = (id: number): Buffer => {
    let head = heads.get(id)
    if (!head) heads.set(id, (head = columnsHead(namesOf(templates, id))))
    return head
  }
  const { count, size } = countThatFit(points, limits.bytes - 2, (id, isFirst) =>
    isFirst ? headOf(id).length + VALUES.length + END.length + 1 + POINT_BYTES : POINT_BYTES,
  )
  const out = ownedBuffer(size + 2)
  let end = 0
  for (const [id, places] of placesBySeries(points.series.subarray(0, count))) {
    out[end] = end === 0 ? OPEN : COMMA
    end = append(out, end + 1, headOf(id))
    end = writeInstants(out, end, points.at, places)
    end = append(out, end, VALUES)
    end = writeNumbers(out, end, points.value, places)
    end = append(out, end, END)
  }
  if (end === 0) out[end++] = OPEN
  out[end++] = CLOSE
  return { bytes: ownedStart(out, end), end: lastOf(points, count, limits) }
}

const [OPEN, CLOSE, COMMA] = Buffer.from('[],') as unknown as [number, number, number]
const VALUES = Buffer.from('],"values":[')
const END = Buffer.from(']}')

function columnsHead({ service_name, metric_type, unit, labels }: SeriesNames): Buffer {
  const names = `"service_name":${JSON.stringify(service_name)},"metric_type":${JSON.stringify(metric_type)}`
  return Buffer.from(`{${names},"unit":${JSON.stringify(unit)},"metric_metadata":${labels},"timestamps":[`)
}

function append(out: Buffer, at: number, part: Buffer): number {
  out.set(part, at)
  return at + part.length
}

/** Returns the positions of each series' points. */
function placesBySeries(series: Int32Array): ReadonlyMap<number, Uint32Array> {
  const only = onlySeries(series)
  if (only !== undefined) {
    const all = new Uint32Array(series.length)
    for (let place = 0; place < all.length; place++) all[place] = place
    return new Map([[only, all]])
  }
  const places = new Map<number, number[]>()
  for (let place = 0; place < series.length; place++) {
    const id = series[place] ?? 0
    const own = places.get(id)
    if (own) own.push(place)
    else places.set(id, [place])
  }
  return new Map([...places].map(([id, own]) => [id, Uint32Array.from(own)]))
}

function writeCsv(points: Points, templates: Templates, limits: PageLimits): ReturnType<WritePoints> {
  const heads = new Map<number, { readonly text: string; readonly bytes: number }>()
  const headOf = (id: number) => {
    let head = heads.get(id)
    if (!head) {
      const { service_name, metric_type, unit, labels } = namesOf(templates, id)
      const text = [service_name, metric_type, unit, labels].map(csvField).join(',')
      heads.set(id, (head = { text, bytes: Buffer.byteLength(text) }))
    }
    return head
  }
  const { count } = countThatFit(points, limits.bytes - HEADER.length, (id) => headOf(id).bytes + CSV_POINT_BYTES)
  const lines = [HEADER]
  const instantText = instantWriter()
  for (let i = 0; i < count; i++) {
    const instant = instantText(points.at[i] ?? 0)
    lines.push(csvLine([headOf(points.series[i] ?? 0).text, instant, String(points.value[i])]))
  }
  return { bytes: ownedText(lines.join('')), end: lastOf(points, count, limits) }
}

/** Formats instants like `formatTimestamp`. Neighbouring points usually share their minute, whose text is the expensive part. */
function instantWriter(): (instant: Micros) => string {
  let minute = Number.NaN
  let minuteText = ''
  return (instant) => {
    const ofInstant = Math.floor(instant / MINUTE)
    if (ofInstant !== minute) {
      minute = ofInstant
      minuteText = formatTimestamp(ofInstant * MINUTE).slice(0, -'00.000000Z'.length)
    }
    const digits = String(instant - ofInstant * MINUTE).padStart(8, '0')
    return `${minuteText}${digits.slice(0, 2)}.${digits.slice(2)}Z`
  }
}

function writeArrow(points: Points, templates: Templates, limits: PageLimits): ReturnType<WritePoints> {
  const { count } = countThatFit(points, limits.bytes - ARROW_BYTES, (id, isFirst) =>
    isFirst ? bytesOf(namesOf(templates, id)) + ARROW_POINT_BYTES : ARROW_POINT_BYTES,
  )
  const { series, at, value } = takePoints(points, 0, count)
  const named = Array.from(series, (id) => namesOf(templates, id))
  const stream = arrowStream({
    service_name: textColumn(named.map((names) => names.service_name)),
    metric_type: textColumn(named.map((names) => names.metric_type)),
    unit: textColumn(named.map((names) => names.unit)),
    metric_metadata: textColumn(named.map((names) => names.labels)),
    timestamp: instantColumn(at),
    metric_value: numberColumn(value.slice()),
  })
  return { bytes: ownedCopy(stream), end: lastOf(points, count, limits) }
}

/** The texts in the dictionaries, with their offsets and padding. */
const bytesOf = ({ service_name, metric_type, unit, labels }: SeriesNames): number =>
  [service_name, metric_type, unit, labels ?? ''].reduce((sum, text) => sum + Buffer.byteLength(text) + 64, 0)

function namesOf(templates: Templates, id: number): SeriesNames {
  const template = templates.get(id)
  if (!template) throw new Error(`series ${id} has points but no row`)
  return template.names
}

/** Counts the points, from the first on, that certainly fit; at least one. `isFirst`: the first point of its series. */
function countThatFit(
  { series }: Points,
  maxBytes: number,
  sizeOf: (id: number, isFirst: boolean) => number,
): { readonly count: number; readonly size: number } {
  const seen = new Set<number>()
  let size = 0
  for (let i = 0; i < series.length; i++) {
    const id = series[i] ?? 0
    const more = sizeOf(id, !seen.has(id))
    if (size + more > maxBytes && i > 0) return { count: i, size }
    size += more
    seen.add(id)
  }
  return { count: series.length, size }
}

const lastOf = ({ at }: Points, count: number, { rows }: PageLimits): number | undefined =>
  count === at.length && count < rows ? undefined : count - 1
