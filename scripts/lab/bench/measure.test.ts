import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { keepBusy, ratesOf, type Slice, type Subject, takeTurns } from './measure.ts'

const slice = (count: number): Slice => ({ count, seconds: 2, latenciesMs: [], errors: 0 })

/** Says when it was its turn; its slices count 1, 2, 3 … */
function subject(name: string, turns: string[]): Subject {
  let count = 0
  return {
    async run(ms) {
      turns.push(`${name} ${ms}`)
      return slice(count++)
    },
  }
}

test('subjects are warmed up, then take turns; the warm-up is in no slice', async () => {
  const turns: string[] = []

  const slices = await takeTurns([subject('A', turns), subject('B', turns)], { rounds: 2, sliceMs: 10, warmUpMs: 5 })

  expect(turns).toEqual(['A 5', 'B 5', 'A 10', 'B 10', 'A 10', 'B 10'])
  expect(slices).toEqual([
    [slice(1), slice(2)],
    [slice(1), slice(2)],
  ])
})

test('no turn is begun after an abort', async () => {
  const turns: string[] = []
  const stop = new AbortController()
  const aborting: Subject = {
    async run() {
      stop.abort()
      return slice(1)
    },
  }

  const measured = takeTurns([aborting, subject('B', turns)], {
    rounds: 1,
    sliceMs: 1,
    warmUpMs: 1,
    signal: stop.signal,
  })

  await expect(measured).rejects.toThrow('aborted')
  expect(turns).toEqual([])
})

test('rates are per second', () => {
  expect(ratesOf([slice(10), slice(5)])).toEqual([5, 2.5])
})

test('every worker is kept busy until the time is over, and a latency is kept for each piece of work', async () => {
  const workers = new Set<number>()

  const { count, seconds, latenciesMs } = await keepBusy(60, 3, async (worker) => {
    workers.add(worker)
    await sleep(5)
    return 10
  })

  expect([...workers]).toEqual([0, 1, 2])
  expect(latenciesMs.length).toBeGreaterThanOrEqual(6)
  expect(Math.min(...latenciesMs)).toBeGreaterThanOrEqual(4)
  expect(count).toBe(latenciesMs.length * 10)
  expect(seconds).toBeGreaterThanOrEqual(0.06)
})

test('what fails is thrown, once the other workers have ended', async () => {
  let working = 0
  const busy = keepBusy(30, 2, async (worker) => {
    if (worker === 0) throw new Error('no table')
    working++
    await sleep(5)
    working--
    return 1
  })

  await expect(busy).rejects.toThrow('no table')
  expect(working).toBe(0)
})
