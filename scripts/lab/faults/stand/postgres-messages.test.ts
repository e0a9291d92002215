import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCommit, isCommitted, type Message, splitMessages } from './postgres-messages.ts'

function message(type: string, payload: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + Buffer.byteLength(payload))
  return Buffer.concat([Buffer.from(type), length, Buffer.from(payload)])
}

const query = (text: string): Message => ({ type: 'Q', bytes: message('Q', `${text}\0`) })
const complete = (tag: string): Message => ({ type: 'C', bytes: message('C', `${tag}\0`) })

describe('a stream of messages', () => {
  it('gives the same messages wherever its pieces are cut', () => {
    const types = fc.constantFrom('Q', 'P', 'C', 'Z')
    const messages = fc.array(fc.tuple(types, fc.string({ maxLength: 20 })), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(messages, fc.boolean(), fc.array(fc.nat(40), { maxLength: 12 }), (sent, startup, cuts) => {
        const whole = sent.map(([type, payload], i) => message(startup && i === 0 ? '' : type, payload))
        const stream = Buffer.concat(whole)
        const ends = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].toSorted((a, b) => a - b)
        const split = splitMessages(startup)
        const got = ends.flatMap((end, i) => split(stream.subarray(ends[i - 1] ?? 0, end)))

        expect(got.map(({ bytes }) => bytes)).toEqual(whole)
        expect(got.map(({ type }) => type)).toEqual(sent.map(([type], i) => (startup && i === 0 ? '' : type)))
      }),
      { numRuns: 200 },
    )
  })
})

describe('a commit', () => {
  it.each(['commit', 'COMMIT', ' commit;'])('is asked for by the query %j', (text) => {
    expect(isCommit(query(text))).toBe(true)
  })

  it.each(['rollback', 'begin; select 1', 'select commit', 'committed'])('is not asked for by %j', (text) => {
    expect(isCommit(query(text))).toBe(false)
  })

  it('is done when the server says COMMIT, and not when it says ROLLBACK', () => {
    expect(isCommitted(complete('COMMIT'))).toBe(true)
    expect(isCommitted(complete('ROLLBACK'))).toBe(false)
    expect(isCommitted({ ...complete('COMMIT'), type: 'D' })).toBe(false)
  })
})
