import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openTurns } from './turns.ts'

const late = (): Error => new Error('late')

it('gives each holder one turn at a time, and the next to the one whose last turn is longest ago', async () => {
  const turns = openTurns(2)
  const order: string[] = []
  const ends = new Map<string, () => void>()
  const ask = (holder: string, name: string): void =>
    void turns.take(holder, 5_000, late).then((end) => {
      order.push(name)
      ends.set(name, end)
    })
  for (const name of ['a1', 'a2', 'a3']) ask('a', name)
  await sleep(0)
  expect(order).toEqual(['a1'])
  ask('b', 'b1')
  ask('b', 'b2')
  ask('c', 'c1')
  await sleep(0)
  expect(order).toEqual(['a1', 'b1'])
  ends.get('a1')?.()
  await sleep(0)
  expect(order).toEqual(['a1', 'b1', 'c1'])
  ends.get('b1')?.()
  ends.get('b1')?.()
  await sleep(0)
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2'])
  ends.get('c1')?.()
  await sleep(0)
  expect(order.at(-1)).toBe('b2')
})

it('rejects a holder without a turn in time, and serves those who wait behind it', async () => {
  const turns = openTurns(1)
  const end = await turns.take('a', 5_000, late)
  await expect(turns.take('b', 5, late)).rejects.toThrow('late')
  const third = turns.take('c', 5_000, late)
  end()
  await third
})
