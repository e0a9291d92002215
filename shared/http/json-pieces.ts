// Parses JSON of any size without blocking the CPU: small parts by JSON.parse, large containers joined from those, with a pause for other
// requests every few milliseconds.
import { isUtf8 } from 'node:buffer'
import { malformed, Problem, tooLarge } from '../base/problem.ts'
import { unhurried } from '../base/unhurried.ts'
import { createNameCount, MAX_DIFFERENT_NAMES, MAX_VALUES, type NameCount } from '../base/value-count.ts'
import { copyInPieces } from './body-buffer.ts'

/** Bytes that are parsed in one piece. The slowest content of this size, 6,000 different keys, takes 10 ms. */
const PIECE_BYTES = 64 * 1024
/** Deeper than any accepted body. */
const MAX_DEPTH = 150_000
/** Maximum members of one object: lists are arrays, and each new key costs two microseconds. */
const MAX_MEMBERS = 10_000
/** Longer strings are parsed in pieces, too. */
const LONG_STRING_BYTES = 256 * 1024
/** Maximum bytes of a number. More white space than that is left out before its text is parsed. */
const MAX_BARE_BYTES = 1024 * 1024

/** The white space of JSON, which is less than that of `trim`. */
const BLANK = /^[ \t\n\r]*$/

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const LOWER_U = 0x75
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** A container whose end has not been reached yet. */
interface Open {
  readonly isObject: boolean
  readonly start: number
  /** The index where its unparsed text begins, and the index of the last member of that text. */
  from: number
  member: number
  /** True when its last member was a large container, which is parsed already: only a comma or the end may follow. */
  isAfterLarge: boolean
  /** The parsed members; undefined while the container is small. */
  made: unknown[] | Map<string, unknown> | undefined
}

interface Parse {
  bytes: Buffer
  readonly stack: Open[]
  values: number
  readonly names: NameCount
}

/**
 * Parses any JSON, with the result of JSON.parse.
 * @throws {Problem} 400 for invalid JSON, and for nesting deeper than 150,000; 413 for more than a million values, more than 20,000
 * different names, an object of more than 10,000 members, a name of more than 256 KiB, or a number of more than 1 MiB.
 */
export async function parseInPieces(bytes: Buffer): Promise<unknown> {
  const pause = unhurried()
  if (!isUtf8(bytes)) throw new Problem(malformed, 'The body is not valid UTF-8.')
  await pause()
  const parse: Parse = { bytes, stack: [opened(false, -1)], values: 0, names: createNameCount() }
  let checked = 0
  // The end of the last string and of the last comma, colon, bracket or brace, and the beginning of the last string.
  let bareFrom = 0
  let textFrom = 0
  for (let at = 0; at < parse.bytes.length; at++) {
    const byte = parse.bytes[at]
    if (byte === QUOTE) {
      const close = endOfString(parse.bytes, at + 1, Math.min(parse.bytes.length, at + LONG_STRING_BYTES))
      textFrom = at
      at = close < 0 ? await addLongString(parse, at, pause) : close
    } else if (byte === COMMA) separate(parse, at)
    else if (byte === COLON) noteName(parse, textFrom, bareFrom)
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) open(parse, at, byte === OPEN_OBJECT)
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) close(parse, at, byte === CLOSE_OBJECT)
    else {
      if (at - bareFrom <= MAX_BARE_BYTES) continue
      at = await leaveOutBlanks(parse, at, parse.bytes === bytes, pause)
      checked = at - PIECE_BYTES
    }
    bareFrom = at
    if (at - checked < PIECE_BYTES) continue
    checked = at
    await pause()
  }
  return finish(parse)
}

/**
 * Replaces the white space around a position by one character, in a copy of the body, and returns that character's position. Everything that
 * was found so far lies before it.
 * @throws {Problem} 413 when the text there is a number that is too long.
 */
async function leaveOutBlanks(
  parse: Parse,
  at: number,
  isOriginal: boolean,
  pause: () => Promise<void> | undefined,
): Promise<number> {
  const { bytes } = parse
  let from = at
  while (isBlank(bytes[from - 1])) from--
  if (at - from < MAX_BARE_BYTES / 2) throw new Problem(tooLarge, 'A number in the body may have at most 1 MiB.')
  let to = at
  for (; isBlank(bytes[to]); to++) if (to % PIECE_BYTES === 0) await pause()
  const into = isOriginal ? Buffer.allocUnsafe(bytes.length - (to - from - 1)) : bytes
  if (isOriginal) await copyInPieces(bytes, 0, from + 1, into, 0, pause)
  await copyInPieces(bytes, to, bytes.length, into, from + 1, pause)
  parse.bytes = into.subarray(0, bytes.length - (to - from - 1))
  return from
}

/** Returns the place of the closing quote; -1 when there is none before `end`. */
function endOfString(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at]
    if (byte === BACKSLASH) at++
    else if (byte === QUOTE) return at
  }
  return -1
}

/** Parses the long string that begins at a quote, in pieces, and returns the place of its closing quote. */
async function addLongString(parse: Parse, quote: number, pause: () => Promise<void> | undefined): Promise<number> {
  const { bytes } = parse
  let text = ''
  let at = quote + 1
  for (;;) {
    const from = at
    while (at < bytes.length && bytes[at] !== QUOTE && (at - from < PIECE_BYTES || !isCharacterStart(bytes[at])))
      at += bytes[at] !== BACKSLASH ? 1 : bytes[at + 1] === LOWER_U ? 6 : 2
    if (at >= bytes.length) throw noJson()
    text += parseText(`"${textOf(parse, from, at)}"`) as string
    if (bytes[at] === QUOTE) break
    await pause()
  }
  if (isNameBefore(bytes, at + 1))
    throw new Problem(tooLarge, `A name in the body may have at most ${LONG_STRING_BYTES} bytes.`)
  addParsed(parse, quote, at, text)
  return at
}

const isBlank = (byte = 0): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const isCharacterStart = (byte = 0): boolean => (byte & 0xc0) !== 0x80

/** Returns true when a string that ended is the name of a member. */
function isNameBefore(bytes: Buffer, from: number): boolean {
  let at = from
  while (at < from + PIECE_BYTES && BLANK.test(String.fromCharCode(bytes[at] ?? COLON))) at++
  return bytes[at] === COLON
}

const opened = (isObject: boolean, start: number): Open => ({
  isObject,
  start,
  from: start + 1,
  member: start + 1,
  isAfterLarge: false,
  made: undefined,
})

const innermost = ({ stack }: Parse): Open => stack.at(-1) as Open

function open(parse: Parse, at: number, isObject: boolean): void {
  if (parse.stack.length > MAX_DEPTH)
    throw new Problem(malformed, `The body may have at most ${MAX_DEPTH} levels of nesting.`)
  count(parse)
  parse.stack.push(opened(isObject, at))
}

/** Each value but the first follows a comma, a bracket or a brace. */
function count(parse: Parse): void {
  if (++parse.values > MAX_VALUES) throw new Problem(tooLarge, `The body may have at most ${MAX_VALUES} values.`)
}

/** Notes the name of a member, between the quotes at these places. */
function noteName({ bytes, names }: Parse, open: number, close: number): void {
  names.add(bytes, open + 1, close)
  if (names.count <= MAX_DIFFERENT_NAMES) return
  throw new Problem(tooLarge, `The objects in the body may have at most ${MAX_DIFFERENT_NAMES} different names.`)
}

function separate(parse: Parse, at: number): void {
  const one = innermost(parse)
  if (parse.stack.length === 1) throw noJson()
  count(parse)
  if (one.isAfterLarge) {
    expectNothing(parse, one.from, at)
    one.isAfterLarge = false
    one.from = at + 1
  } else if (at - one.from > PIECE_BYTES) {
    add(one, textOf(parse, one.from, at))
    one.from = at + 1
  }
  one.member = at + 1
}

function close(parse: Parse, at: number, isObject: boolean): void {
  const one = parse.stack.pop() as Open
  if (parse.stack.length === 0 || one.isObject !== isObject) throw noJson()
  if (!one.made && at - one.start <= PIECE_BYTES) return
  if (one.isAfterLarge) expectNothing(parse, one.from, at)
  else addLast(one, textOf(parse, one.from, at))
  addParsed(parse, one.start, at, one.made instanceof Map ? objectOf(one.made) : one.made)
}

/** Adds a value that was parsed, from its first byte to its last one, to the innermost container. */
function addParsed(parse: Parse, start: number, end: number, value: unknown): void {
  const parent = innermost(parse)
  if (parent.isAfterLarge) throw noJson()
  // Adds the text before it, and its name.
  if (parent.from < parent.member) add(parent, textOf(parse, parent.from, parent.member - 1))
  addLarge(parent, textOf(parse, parent.member, start), value)
  parent.from = end + 1
  parent.member = end + 1
  parent.isAfterLarge = true
}

function finish(parse: Parse): unknown {
  const root = innermost(parse)
  const { bytes, stack } = parse
  if (stack.length > 1) throw noJson()
  if (!root.made) return parseText(textOf(parse, 0, bytes.length))
  expectNothing(parse, root.from, bytes.length)
  return (root.made as unknown[])[0]
}

/** Adds the text before the end of a container, which may be white space, unless a comma precedes it. */
function addLast(one: Open, text: string): void {
  if (one.made || !BLANK.test(text)) return add(one, text)
  one.made = one.isObject ? new Map() : []
}

/** Parses members of a container. A comma separates them from those that were parsed before. */
function add(one: Open, text: string): void {
  if (one.isObject) {
    const members = (one.made ??= new Map<string, unknown>()) as Map<string, unknown>
    const parsed = Object.entries(parseText(`{${text}}`) as object)
    if (parsed.length === 0) throw noJson()
    for (const [key, value] of parsed) members.set(key, value)
    checkMembers(members)
  } else {
    const items = (one.made ??= []) as unknown[]
    const parsed = parseText(`[${text}]`) as unknown[]
    if (parsed.length === 0) throw noJson()
    for (const item of parsed) items.push(item)
  }
}

function addLarge(parent: Open, before: string, value: unknown): void {
  if (parent.isObject) {
    const key = /^([^]*):[ \t\n\r]*$/.exec(before)?.[1]
    const name = key === undefined ? undefined : parseText(key)
    if (typeof name !== 'string') throw noJson()
    const members = (parent.made ??= new Map<string, unknown>()) as Map<string, unknown>
    members.set(name, value)
    checkMembers(members)
    return
  }
  if (!BLANK.test(before)) throw noJson()
  const items = (parent.made ??= []) as unknown[]
  items.push(value)
}

function checkMembers(members: ReadonlyMap<string, unknown>): void {
  if (members.size <= MAX_MEMBERS) return
  throw new Problem(tooLarge, `An object in the body may have at most ${MAX_MEMBERS} members.`)
}

/** Made from entries, so that `__proto__` is a member like any other. */
const objectOf = (members: ReadonlyMap<string, unknown>): object => Object.fromEntries(members)

const textOf = ({ bytes }: Parse, from: number, to: number): string => bytes.toString('utf8', from, to)

function expectNothing(parse: Parse, from: number, to: number): void {
  if (!BLANK.test(textOf(parse, from, to))) throw noJson()
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw noJson()
  }
}

const noJson = (): Problem => new Problem(malformed, 'The body is not valid JSON.')
