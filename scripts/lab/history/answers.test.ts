import { describe, expect, it } from 'vitest'
import { type Answer, differenceOf } from './answers.ts'

const bucket = { timestamp: '2014-01-01T00:00:00.000000Z', count: 2, min_value: 1, max_value: 3, sum_value: 4 }
const answer: Answer = { status: 200, source: 'points', points: 2, hash: 'a', buckets: [bucket] }
const differences = (change: Partial<Answer>) =>
  differenceOf(new Map([['q', answer]]), new Map([['q', { ...answer, ...change }]]))

describe('two answers', () => {
  it('are the same wherever they were read from, and when a sum differs in its last digits', () => {
    expect(differences({ source: 'archive' })).toEqual([])
    expect(differences({ buckets: [{ ...bucket, sum_value: 4 + 5e-12 }] })).toEqual([])
  })

  it.each<[string, Partial<Answer>]>([
    ['a status', { status: 422 }],
    ['points', { hash: 'b' }],
    ['the number of points', { points: 3 }],
    ['the number of buckets', { buckets: [] }],
    ['a count', { buckets: [{ ...bucket, count: 3 }] }],
    ['a minimum', { buckets: [{ ...bucket, min_value: 1 + 2 ** -52 }] }],
    ['a percentile', { buckets: [{ ...bucket, percentiles: { 50: 2 } }] }],
    ['more of a sum', { buckets: [{ ...bucket, sum_value: 4 + 7e-12 }] }],
  ])('differ by %s', (_what, change) => {
    expect(differences(change)).toHaveLength(1)
  })

  it('differ when one was not given', () => {
    expect(differenceOf(new Map([['q', answer]]), new Map())).toEqual(['q: not asked any more'])
  })
})
