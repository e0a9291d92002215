import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { openStrangerLane } from './stranger-lane.ts'

afterEach(() => void vi.restoreAllMocks())

it('lets others work after a millisecond of strangers, however many wait', async () => {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const lane = openStrangerLane()
  let done = 0
  const work = (): void => {
    done++
    now += 0.25
  }
  for (let i = 0; i < 400; i++) lane.enter('198.51.100.7', work)
  const counts: number[] = []
  while (done < 400) {
    await nextTurn()
    counts.push(done)
  }
  expect(counts.slice(0, 3)).toEqual([4, 8, 12])
})

it('gives the addresses turns, so one that floods the lane does not delay another', async () => {
  const lane = openStrangerLane()
  const order: string[] = []
  for (let i = 0; i < 100; i++) lane.enter('a', () => order.push('a'))
  lane.enter('b', () => order.push('b'))
  while (order.length < 101) await nextTurn()
  expect(order.indexOf('b')).toBeLessThan(3)
})
