import { describe, expect, it } from 'vitest'
import { createFairQueue } from './fair-queue.ts'

/** A queue with these waiting, each called by its holder and a number. */
function queueOf(...waiting: string[]) {
  const queue = createFairQueue<string>()
  for (const item of waiting) queue.push(item[0] ?? '', item)
  return queue
}

const all = (queue: ReturnType<typeof queueOf>): string[] =>
  Array.from({ length: queue.waiting() }, () => queue.shift()?.item ?? '')

describe('a fair queue', () => {
  it('serves holders in turn, each in its own order', () => {
    expect(all(queueOf('a1', 'a2', 'a3', 'b1', 'c1', 'b2'))).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  })

  it('serves a holder that has come again after those that were waiting', () => {
    const queue = queueOf('a1', 'b1')
    queue.shift()
    queue.push('a', 'a2')
    expect(all(queue)).toEqual(['b1', 'a2'])
  })

  it('passes over a holder that is not eligible, which keeps its turn', () => {
    const queue = queueOf('a1', 'b1')
    expect(queue.shift((holder) => holder !== 'a')).toEqual({ holder: 'b', item: 'b1' })
    expect(queue.shift((holder) => holder !== 'a')).toBeUndefined()
    expect(all(queue)).toEqual(['a1'])
  })

  it('gives up whoever no longer waits, once', () => {
    const queue = queueOf('a1', 'a2')
    for (let i = 0; i < 2; i++) queue.remove('a', 'a1')
    queue.remove('b', 'b1')
    expect([queue.waiting(), queue.waitingOf('a'), queue.waitingOf('b')]).toEqual([1, 1, 0])
    expect([...queue.drain(), queue.waiting(), queue.shift()]).toEqual(['a2', 0, undefined])
  })
})
