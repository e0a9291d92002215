import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createShares } from './shares.ts'

/** Takes ones until it is refused; gives how many. */
function takeAll(shares: ReturnType<typeof createShares>, holder: string): number {
  let taken = 0
  while (!shares.take(holder, 1)) taken++
  return taken
}

describe('a shared number', () => {
  it('gives a holder that is alone four fifths of everything, and refuses it the rest', () => {
    const shares = createShares(100)
    expect(takeAll(shares, 'a')).toBe(80)
    expect(shares.take('a', 1)).toBe('over-share')
  })

  it('has room for a newcomer, however many greedy holders there are, once what they had has been taken anew', () => {
    const shares = createShares(320)
    const greedy: string[] = []
    for (let k = 1; k <= 20; k++) {
      greedy.push(`greedy ${k}`)
      for (let turn = 0; turn < 300; turn++) {
        for (const holder of greedy) {
          if (shares.held(holder) > 0) shares.give(holder, 1)
          takeAll(shares, greedy[(turn + k) % k] ?? holder)
        }
      }
      for (const holder of greedy) expect(shares.held(holder)).toBeGreaterThan(0)
      expect(shares.take('newcomer', 1)).toBeUndefined()
      shares.give('newcomer', 1)
    }
  })

  it('gives greedy holders equal parts once those that came first give back', () => {
    const shares = createShares(90)
    takeAll(shares, 'a')
    for (let turn = 0; turn < 500; turn++) {
      shares.give('a', 1)
      shares.take('b', 1)
      shares.take('a', 1)
    }
    expect(Math.abs(shares.held('a') - shares.held('b'))).toBeLessThanOrEqual(2)
    expect(shares.held('a')).toBeGreaterThanOrEqual(38)
  })

  it('says exhausted to a holder of nothing, and over-share to those that left nothing', () => {
    const shares = createShares(3)
    for (const holder of ['a', 'b', 'c']) expect(shares.take(holder, 1)).toBeUndefined()
    expect(shares.take('d', 1)).toBe('exhausted')
    expect(shares.take('a', 1)).toBe('over-share')
  })

  it('gives a holder of nothing as much at a time as there is, and no more', () => {
    const shares = createShares(100)
    expect(shares.take('a', 101)).toBe('exhausted')
    expect(shares.take('a', 100)).toBeUndefined()
    expect(shares.take('b', 1)).toBe('exhausted')
    shares.give('a', 100)
    expect(shares.take('b', 1)).toBeUndefined()
  })

  it('never gives more than there is, and is as it was when everything is given back', () => {
    const step = fc.record({ holder: fc.constantFrom('a', 'b', 'c', 'd'), amount: fc.nat(30), gives: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const shares = createShares(100)
        const taken: { holder: string; amount: number }[] = []
        for (const { holder, amount, gives } of steps) {
          const last = gives ? taken.pop() : undefined
          if (last) shares.give(last.holder, last.amount)
          else if (!shares.take(holder, amount)) taken.push({ holder, amount })
          expect(taken.reduce((sum, one) => sum + one.amount, 0)).toBeLessThanOrEqual(100)
        }
        for (const one of taken) shares.give(one.holder, one.amount)
        expect(shares.take('e', 100)).toBeUndefined()
      }),
    )
  })
})
