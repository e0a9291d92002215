// Reads values of a JSON file in which values span lines: the elements of one array, or consecutive objects.
import type { Line } from './rows/lines.ts'

export interface Value extends Line {
  /** Lines that end before the end of the value; its `number` is the line in which it begins. */
  readonly lines?: number
  /** The reason why the value cannot be read; its bytes are then null. */
  readonly broken?: string
}

const [NEWLINE, QUOTE, BACKSLASH, OPEN, CLOSE] = [0x0a, 0x22, 0x5c, 0x7b, 0x7d]
/** Bytes between values: spaces, commas and the brackets of arrays. A byte order mark may come before the first value. */
const BETWEEN = new Set([0x20, 0x09, 0x0d, 0x2c, 0x5b, 0x5d, 0xef, 0xbb, 0xbf])
const BLANK = new Set([0x20, 0x09, 0x0d, NEWLINE])
const CLOSED = 0x5d

interface Scan {
  /** Number of open braces. */
  depth: number
  inString: boolean
  escaped: boolean
  /** Bytes of the value so far; empty for a value over the limit. */
  begun: Buffer[]
  length: number
  /** The line in which the value begins. */
  first: number
  /** True for a value that is neither an object nor part of an array. */
  isStray: boolean
}

/**
 * Returns the objects of the file after a position, at any depth of arrays, so that reading can begin after any of them. Holds no more
 * than a block and one value of `maxBytes`. With `isArray` the file begins with an array, so it must end with its bracket.
 */
export async function* readValues(
  blocks: AsyncIterable<Buffer>,
  from: { readonly bytes: number; readonly lines: number },
  maxBytes: number,
  isArray: boolean,
): AsyncGenerator<readonly Value[]> {
  const scan: Scan = { depth: 0, inString: false, escaped: false, begun: [], length: 0, first: 0, isStray: false }
  let [line, end, last] = [from.lines, from.bytes, CLOSED]
  for await (const block of blocks) {
    const values: Value[] = []
    let start = 0
    for (let at = 0; at < block.length; at++) {
      const byte = block[at] ?? 0
      if (byte === NEWLINE) line++
      if (!BLANK.has(byte)) last = byte
      if (isInside(scan)) {
        if (!endsValue(scan, byte)) continue
        const to = scan.isStray && byte === OPEN ? at : at + 1
        values.push(finish(scan, block.subarray(start, to), { bytes: end + to, lines: line }, maxBytes))
        if (!scan.isStray || byte !== OPEN) {
          reset(scan)
          continue
        }
        reset(scan)
      }
      if (byte === NEWLINE || BETWEEN.has(byte)) continue
      scan.first = line + 1
      start = at
      if (byte === OPEN) scan.depth = 1
      else scan.isStray = true
    }
    if (isInside(scan)) keep(scan, block.subarray(start), maxBytes)
    end += block.length
    yield values
  }
  if (isInside(scan)) {
    const broken = scan.isStray ? NO_METRIC : 'does not end: the file may be cut off'
    yield [{ bytes: null, number: scan.first, end, lines: line, broken }]
  } else if (isArray && last !== CLOSED) {
    yield [
      { bytes: null, number: line + 1, end, broken: 'the array of the file does not end: the file may be cut off' },
    ]
  }
}

const NO_METRIC = 'is not a metric, an array of metrics or { "metrics": [...] }'

const isInside = ({ depth, isStray }: Scan): boolean => depth > 0 || isStray

/** Returns true when the value ends with this byte, or before it for a value that is not an object. */
function endsValue(scan: Scan, byte: number): boolean {
  if (scan.isStray) return byte === NEWLINE || byte === OPEN || BETWEEN.has(byte)
  if (scan.escaped) scan.escaped = false
  else if (scan.inString) {
    if (byte === BACKSLASH) scan.escaped = true
    else if (byte === QUOTE) scan.inString = false
  } else if (byte === QUOTE) scan.inString = true
  else if (byte === OPEN) scan.depth++
  else if (byte === CLOSE) scan.depth--
  return scan.depth === 0
}

function keep(scan: Scan, part: Buffer, maxBytes: number): void {
  scan.length += part.length
  if (scan.length > maxBytes) scan.begun = []
  else scan.begun.push(part)
}

function finish(scan: Scan, rest: Buffer, end: { bytes: number; lines: number }, maxBytes: number): Value {
  if (scan.isStray) return { bytes: null, number: scan.first, end: end.bytes, lines: end.lines, broken: NO_METRIC }
  const length = scan.length + rest.length
  const bytes = length > maxBytes ? null : Buffer.concat([...scan.begun, rest])
  return { bytes, number: scan.first, end: end.bytes, lines: end.lines }
}

function reset(scan: Scan): void {
  Object.assign(scan, { depth: 0, inString: false, escaped: false, begun: [], length: 0, isStray: false })
}
