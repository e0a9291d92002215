// Changes to a body's text and bytes, independent of its meaning.
import type { Random } from '../../random.ts'

type Change = (bytes: Buffer, random: Random) => Buffer

/** Changes one thing in the bytes, like an attacker who knows JSON and UTF-8. */
export const mutateText = (bytes: Buffer, random: Random): Buffer => random.pick(textChanges)(bytes, random)

/** Changes one thing in the bytes, like a broken network. */
export const mutateBytes = (bytes: Buffer, random: Random): Buffer => random.pick(byteChanges)(bytes, random)

const byteChanges: readonly Change[] = [
  (bytes, random) => flipped(bytes, random, 1),
  (bytes, random) => flipped(bytes, random, 1 + random.below(20)),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => bytes.subarray(random.below(bytes.length + 1)),
  (bytes, random) => {
    const [from, to] = span(bytes, random)
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to)])
  },
  (bytes, random) => {
    const [from, to] = span(bytes, random)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  (bytes, random) => inserted(bytes, random, random.bytes(1 + random.below(16))),
  (bytes, random) => Buffer.concat(Array.from({ length: 2 + random.below(5) }, () => bytes)),
  (_, random) => random.bytes(random.below(600)),
  () => Buffer.alloc(0),
]

/** Fragments that are inserted into a text. */
const insertions: readonly (string | Buffer)[] = [
  '\0',
  '\\u0000',
  '\\ud800',
  '\\udc00\\ud800',
  // A lone surrogate as CESU-8, overlong forms of / and NUL, a byte that never occurs, and a truncated sequence.
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xc0, 0xaf]),
  Buffer.from([0xe0, 0x80, 0xaf]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xff]),
  Buffer.from([0xf0, 0x9d, 0x92]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0xef, 0xbb, 0xbf]),
  ',',
  '}',
  ']',
  '{',
  '"',
  '\\',
  '/* */',
  'NaN',
  '-Infinity',
  '1e999',
  '-1e999',
  '1e-999',
  '0x10',
  '00',
  `1${'0'.repeat(400)}`,
  `0.${'3'.repeat(5_000)}`,
  '"__proto__":{"unit":"polluted","metric_value":1},',
  '"constructor":{"prototype":{"unit":"polluted"}},',
  '"metric_value":1,"metric_value":2,',
  '"timestamp":null,',
  '"service_name":"twice",',
  '"metrics":[],',
  '"message":{},',
  '[null],',
  ' ',
  '=',
  '\n',
  '\\ ',
  '1i',
  '1u',
  '#',
  // Varints: the largest, one without an end, and wrong lengths.
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
  Buffer.alloc(11, 0xff),
  Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
  Buffer.from([0x0b]),
]

const DEPTHS = [6, 100, 1_000, 10_000, 100_000]

const textChanges: readonly Change[] = [
  (bytes, random) => inserted(bytes, random, Buffer.from(random.pick(insertions))),
  (bytes, random) => inserted(bytes, random, Buffer.from(random.pick(insertions))),
  (bytes, random) => afterPunctuation(bytes, random, Buffer.from(random.pick(insertions))),
  (bytes, random) => afterPunctuation(bytes, random, Buffer.from(random.pick(insertions))),
  (bytes, random) => replacedNumber(bytes, random),
  (bytes, random) => replacedNumber(bytes, random),
  (bytes, random) => {
    const depth = random.pick(DEPTHS)
    return afterPunctuation(bytes, random, Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)},`))
  },
  (bytes, random) => {
    const depth = random.pick(DEPTHS)
    return afterPunctuation(bytes, random, Buffer.from(`"deep":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)},`))
  },
  (_, random) => Buffer.from('['.repeat(random.pick(DEPTHS))),
  (bytes, random) => {
    const depth = random.pick(DEPTHS)
    return Buffer.concat([Buffer.from('['.repeat(depth)), bytes, Buffer.from(']'.repeat(depth))])
  },
  (bytes) => Buffer.from(bytes.toString('utf8'), 'utf16le'),
  (bytes) =>
    Buffer.from(bytes.toString('utf8').replaceAll(/\w/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)),
  (bytes, random) => Buffer.from(`${bytes.toString('utf8')}${' '.repeat(random.pick([1, 1_000, 100_000]))}`),
]

const numberTexts = [
  '1e999',
  '-1e999',
  '1E400',
  '-0',
  '0.0',
  '1e-400',
  '01',
  '1.',
  '.5',
  '+1',
  `1${'0'.repeat(310)}`,
  '9007199254740993',
  '1e150',
  '-1e150',
  '1.00000000000000021e150',
]

function replacedNumber(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1')
  const numbers = [...text.matchAll(/(?<=[:[,])-?\d+(?:\.\d+)?/g)]
  if (numbers.length === 0) return inserted(bytes, random, Buffer.from(random.pick(numberTexts)))
  const one = random.pick(numbers)
  const end = one.index + one[0].length
  return Buffer.from(text.slice(0, one.index) + random.pick(numberTexts) + text.slice(end), 'latin1')
}

function flipped(bytes: Buffer, random: Random, count: number): Buffer {
  const copy = Buffer.from(bytes)
  for (let i = 0; i < count && copy.length > 0; i++) {
    const at = random.below(copy.length)
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
  }
  return copy
}

function inserted(bytes: Buffer, random: Random, what: Buffer): Buffer {
  const at = random.below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)])
}

/** Inserts where another member or entry can begin, so that the parser accepts it and the function sees it. */
function afterPunctuation(bytes: Buffer, random: Random, what: Buffer): Buffer {
  const places = [...bytes.entries()].flatMap(([at, byte]) =>
    byte === 0x7b || byte === 0x5b || byte === 0x2c ? [at + 1] : [],
  )
  if (places.length === 0) return inserted(bytes, random, what)
  const at = random.pick(places)
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)])
}

function span(bytes: Buffer, random: Random): readonly [number, number] {
  const [a, b] = [random.below(bytes.length + 1), random.below(bytes.length + 1)]
  return [Math.min(a, b), Math.max(a, b)]
}
