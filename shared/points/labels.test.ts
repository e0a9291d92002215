import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLabels } from './labels.ts'

/** Names whose order as texts is not that in which an object keeps them, and characters that have to be escaped. */
const names = fc.oneof(
  fc.constantFrom('2', '10', '-1', '', 'a', 'B', 'é', '😀', '\uffff', '__proto__', 'toJSON', 'constructor', '"', '\n'),
  fc.string(),
)
const texts = fc.oneof(fc.constantFrom('', '"\\', '\u2028', '\u007f', '\b', 'ä'), fc.string({ unit: 'grapheme' }))

describe('labels', () => {
  it('have one canonical form, in whatever order and of whatever kind they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, fc.oneof(texts, fc.integer(), fc.constantFrom(null, { b: 1, a: 2 })))),
        (pairs) => {
          // As a parser makes them: `__proto__` is a name like any other.
          const labels = Object.create(Object.prototype) as Record<string, unknown>
          for (const [name, value] of pairs)
            Object.defineProperty(labels, name, { value, enumerable: true, configurable: true, writable: true })

          const read = readLabels(labels)

          if ('canonical' in read) expect(read.canonical).toBe(canonicalize(labels))
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('of texts alone are written in the order of their names', () => {
    expect(readLabels({ room: '2', building: 'north' })).toEqual({ canonical: '{"building":"north","room":"2"}' })
    expect(readLabels({ building: 'north', room: '2' })).toEqual({ canonical: '{"building":"north","room":"2"}' })
    expect(readLabels({ 2: 'a', 10: 'b' })).toEqual({ canonical: '{"10":"b","2":"a"}' })
  })

  it('have a maximum of names and of values, also where the tenant ignores them', () => {
    const many = Object.fromEntries(Array.from({ length: 1_025 }, (_, i) => [`k${i}`, 1]))
    expect(readLabels(many, Object.keys(many))).toEqual({ broken: 'must have at most 1024 names' })
    delete many['k0']
    expect(readLabels(many, Object.keys(many))).toEqual({ canonical: '{}' })
    const values = (count: number) => readLabels({ a: Array.from({ length: count }, () => [1]) }, ['a'])
    expect(values(2_047)).toEqual({ canonical: '{}' })
    expect(values(2_048)).toEqual({ broken: 'must have at most 4096 values and 1048576 characters' })
  })

  it('are measured in bytes, also where they are texts alone', () => {
    const around = '{"a":""}'.length
    expect(readLabels({ a: 'x'.repeat(4_096 - around) })).toHaveProperty('canonical')
    expect(readLabels({ a: 'x'.repeat(4_097 - around) })).toEqual({
      broken: 'must have at most 4096 bytes, not 4097; the longest is "a"',
    })
    expect(readLabels({ b: 1, a: 'ä'.repeat(2_045) })).toEqual({
      broken: 'must have at most 4096 bytes, not 4104; the longest is "a"',
    })
  })
})
