import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { parseInPieces } from './json-pieces.ts'

const LARGE = 70_000

const parse = (text: string) => parseInPieces(Buffer.from(text))
/** CPU time of this thread alone: the machine may have other things to do. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const refused = (status: number) => expect.objectContaining({ kind: expect.objectContaining({ status }) })

/** Any JSON, in which some strings and lists are longer than a piece. */
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(null),
    fc.constantFrom('x'.repeat(LARGE), '"\\'.repeat(LARGE / 2), '[{,}]'.repeat(LARGE / 5)),
    fc.constant(Array.from({ length: 9_000 }, (_, i) => ({ i, s: `,]}${i}` }))),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', '1', 'a')), tie('value'), { maxKeys: 4 }),
  ),
}))

describe('JSON in pieces', () => {
  it('is what JSON.parse says, whatever is large in it', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson.value, fc.constantFrom(undefined, 1), async (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        expect(await parse(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 60 },
    )
  })

  it.each(['[#]', '{#}', '[[#],{#}]', '{"a":#[#]#,#"b":{#}}', '#[#1#,#2#]#'])(
    'is what JSON.parse says where white space is long: %s',
    async (text) => {
      for (const blank of [' ', '\n', '\r', '\t']) {
        const long = text.replaceAll('#', blank.repeat(LARGE))
        expect(await parse(long)).toEqual(JSON.parse(long))
      }
    },
  )

  it.each(['[1,#]', '[#,1]', '{"a":1,#}', '{#,"a":1}', '[~[#1]]', '[[#1]~]', '{"a":~[#1]}', '[#1]~'])(
    'is refused where a member is missing, or white space is none of JSON: %s',
    async (text) => {
      const long = text.replaceAll('#', ' '.repeat(LARGE)).replaceAll('~', '\u00a0')
      expect(() => JSON.parse(long)).toThrow()
      await expect(parse(long)).rejects.toThrow(refused(400))
    },
  )

  it('is refused where JSON.parse refuses it', async () => {
    const list = JSON.stringify(Array.from({ length: LARGE / 4 }, (_, i) => i))
    const broken = (text: string) => [
      ...[0, 1, text.length >> 1, text.length - 1].map((at) => text.slice(0, at) + text.slice(at + 1)),
      ...[',', ']', '}', '[', '"', ':', 'x'].flatMap((more) => [`${text}${more}`, `${more}${text}`]),
    ]
    const texts = [list, `{"a":${list}}`, `[[1],${list},[2]]`, `{"a":1,"b":${list},"c":2}`].flatMap((text) => [
      ...broken(text),
      text.replace('],', '],,'),
      text.replace(']}', '],}'),
      text.replace('"b":', '"b",'),
      text.replace('"a":', ''),
    ])
    for (const text of texts) {
      let expected: unknown = refused(400)
      try {
        expected = JSON.parse(text)
      } catch {}
      expect(await parse(text).catch((error: unknown) => error)).toEqual(expected)
    }
  })

  it.each([
    ['nothing', ''],
    ['an open string', `["${'x'.repeat(LARGE)}`],
    ['an open list', `[${'1,'.repeat(LARGE)}`],
    ['brackets without end', '['.repeat(LARGE)],
    ['two values', `[${'1,'.repeat(LARGE)}1] [2]`],
    ['a comma at the top', `[${'1,'.repeat(LARGE)}1],[2]`],
    ['a comma at the end', `[${'1,'.repeat(LARGE)}]`],
    ['a brace that ends a list', `[${'1,'.repeat(LARGE)}1}`],
  ])('is refused: %s', async (_what, text) => {
    await expect(parse(text)).rejects.toEqual(refused(400))
  })

  it('is refused when it holds more than it may', async () => {
    const keys = (count: number) => `{${Array.from({ length: count }, (_, i) => `"key${i}":1`).join(',')}}`
    expect(Object.keys((await parse(keys(10_000))) as object)).toHaveLength(10_000)
    await expect(parse(keys(10_001))).rejects.toEqual(refused(413))
    const objects = (name: (i: number) => string) =>
      `[${Array.from({ length: 20 }, (_, j) => `{${Array.from({ length: 2_000 }, (_, i) => `"${name(j * 2_000 + i)}":1`).join(',')}}`).join(',')}]`
    await expect(parse(objects((i) => `key${i}`))).rejects.toThrow('at most 20000 different names')
    expect(await parse(objects((i) => `key${i % 19_000}`))).toHaveLength(20)
    expect(
      await parse(objects((i) => `key${i % 19_000}`).replaceAll(':1', ':[{"key39999":"key20001:"}]')),
    ).toHaveLength(20)
    await expect(parse(`[${'1,'.repeat(1_000_000)}1]`)).rejects.toEqual(refused(413))
    await expect(parseInPieces(Buffer.from([0x22, 0xff, 0x22]))).rejects.toEqual(refused(400))
  })

  it.each([
    ['990,000 different keys', `[{${Array.from({ length: 990_000 }, (_, i) => `"k${i}":1`).join(',')}}]`],
    [
      '10,000 entries of 3 KiB',
      JSON.stringify(Array.from({ length: 10_000 }, (_, i) => ({ i, text: 'x"'.repeat(1_000) }))),
    ],
    ['a million numbers', `[${'1,'.repeat(999_990)}1]`],
    ['32 MiB of escapes', `["${'\\u0041'.repeat(5_000_000)}"]`],
    ['900,000 brackets', `[${'[],'.repeat(450_000)}[]]`],
  ])('never holds the CPU for long: %s', async (_what, text) => {
    const bytes = Buffer.from(text)
    let longest = 0
    let last = cpuMs()
    let isDone = false
    const turn = (): void => {
      const now = cpuMs()
      longest = Math.max(longest, now - last)
      last = now
      if (!isDone) setImmediate(turn)
    }
    setImmediate(turn)
    await parseInPieces(bytes).catch(() => {})
    isDone = true
    turn()
    expect(longest).toBeLessThan(50)
  })
})

describe('a long text', () => {
  it('is parsed in pieces, with the result of JSON.parse', async () => {
    const parsed = vi.spyOn(JSON, 'parse')
    const value = { a: [1, '\\"ä\u0001'.repeat(400_000)], b: '😀'.repeat(300_000), c: { d: 'x'.repeat(2_000_000) } }
    for (const text of [JSON.stringify(value), JSON.stringify(value, undefined, 2)]) {
      parsed.mockClear()
      const read = await parseInPieces(Buffer.from(text))
      expect(Math.max(...parsed.mock.calls.map(([part]) => part.length))).toBeLessThan(300_000)
      expect(isDeepStrictEqual(read, value)).toBe(true)
    }
    parsed.mockRestore()
  })

  it('may be the whole body, and not the name of a member', async () => {
    const text = 'x'.repeat(400_000)
    expect(await parseInPieces(Buffer.from(`"${text}"`))).toBe(text)
    await expect(parseInPieces(Buffer.from(`{"${text}":1}`))).rejects.toThrow('A name in the body')
  })

  it.each([
    ['without an end', (text: string) => `["${text}`],
    ['with an escape that is none', (text: string) => `["${text}\\q"]`],
    ['with a control character', (text: string) => `["${text}\n"]`],
    ['before another one', (text: string) => `["${text}""${text}"]`],
    ['before a number', (text: string) => `["${text}" 1]`],
    ['after a number', (text: string) => `[1 "${text}"]`],
    ['without a name', (text: string) => `{"${text}"}`],
  ])('%s is refused', async (_case, body) => {
    await expect(parseInPieces(Buffer.from(body('x'.repeat(300_000))))).rejects.toThrow('not valid JSON')
  })

  it('that is a number ends after 1 MiB', async () => {
    await expect(parseInPieces(Buffer.from(`[1,${'1'.repeat(1_100_000)}]`))).rejects.toThrow('A number in the body')
  })

  it.each([
    ['spaces', ' '.repeat(3_000_000)],
    ['all of its characters', ' \n\t\r'.repeat(400_000)],
    ['more than one piece', ' '.repeat(9_000_000)],
  ])('that is white space is passed over: %s', async (_what, blank) => {
    const given = Buffer.from(`[1${blank},{"a"${blank}:${blank}"x  y"},[${blank}]${blank}]${blank}`)
    const before = given.subarray(0, 2_000_000).toString()
    expect(await parseInPieces(given)).toEqual([1, { a: 'x  y' }, []])
    expect(given.subarray(0, 2_000_000).toString() === before).toBe(true)
    await expect(parseInPieces(Buffer.from(`[1${blank}1]`))).rejects.toThrow('not valid JSON')
  })
})
