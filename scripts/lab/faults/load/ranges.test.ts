import { expect, it } from 'vitest'
import { compareRanges, type JobBook, type StoredJob } from './ranges.ts'

const first = { leaseId: 'a', token: 1, start: 0, end: 4 }
const second = { leaseId: 'b', token: 2, start: 5, end: 9 }
const book: JobBook = { id: 'j', highestToken: 2, done: [first] }
const job: StoredJob = {
  id: 'j',
  status: 'completed',
  start: 0,
  end: 9,
  token: 2,
  ranges: [
    { ...first, state: 'done' },
    { ...second, state: 'done' },
  ],
}
const found = (changes: Partial<StoredJob>): string[] => compareRanges([book], [{ ...job, ...changes }])

it('finds nothing wrong where each block is done once, by the lease that was told so', () => {
  expect(found({})).toEqual([])
})

it('finds a job that is missing, is not completed, or whose token went back', () => {
  expect(compareRanges([book], [])).toEqual(['backfill job j is missing'])
  expect(found({ status: 'running' })).toEqual(['backfill job j is running'])
  expect(found({ token: 1 })).toEqual(['the token of backfill job j went back'])
})

it('finds blocks that are twice there, not there, or not done', () => {
  const ranges = (range: Partial<StoredJob['ranges'][number]>) =>
    found({
      ranges: [
        { ...first, state: 'done' },
        { ...second, state: 'done', ...range },
      ],
    })
  expect(ranges({ start: 4 })).toEqual(['backfill job j has a gap or blocks twice before 4'])
  expect(ranges({ start: 6 })).toEqual(['backfill job j has a gap or blocks twice before 6'])
  expect(ranges({ end: 8 })).toEqual(['backfill job j lacks its last blocks'])
  expect(ranges({ state: 'leased' })).toEqual(['blocks 5 to 9 of backfill job j are leased'])
})

it('finds a range whose completion was acknowledged with another lease', () => {
  const ranges = [
    { ...first, leaseId: 'c', token: 3, state: 'done' },
    { ...second, state: 'done' },
  ]
  expect(found({ token: 3, ranges })).toEqual([
    "blocks 0 to 4 of backfill job j were done by token 1, and are another's",
  ])
})
