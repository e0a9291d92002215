import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineCounter } from './line-counter.ts'

describe('the line of a place', () => {
  it('is that of its row, whatever lines end with and however the bytes arrive', () => {
    const rows = fc.array(fc.tuple(fc.constantFrom('', 'a', 'ab'), fc.constantFrom('\n', '\r\n', '\r')), {
      maxLength: 10,
    })
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 3 }), fc.nat(5), (parts, size, before) => {
        // A row that begins with LF after one that ends with CR would be one break.
        const texts = parts.map(([text, end]) => `${text || 'x'}${end}`)
        const bytes = Buffer.from(`${texts.join('')}end`)
        const counter = createLineCounter(before)
        for (let at = 0; at < bytes.length; at += size) counter.feed(bytes.subarray(at, at + size))
        let at = 0
        for (const [i, text] of texts.entries()) expect(counter.lineAt((at += text.length))).toBe(before + i + 1)
        expect(counter.lineAt(bytes.length)).toBe(before + texts.length + 1)
      }),
    )
  })

  it('counts a break inside a row once', () => {
    const counter = createLineCounter(0)
    counter.feed(Buffer.from('"a\r\nb"\r\n"c\nd"\r\n'))
    expect([counter.lineAt(8), counter.lineAt(15)]).toEqual([2, 4])
  })
})
