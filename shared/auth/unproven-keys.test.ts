import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Problem } from '../base/problem.ts'
import { takingTurns, unprovenLimits } from './unproven-keys.ts'

const statusOf = async (attempt: Promise<unknown>): Promise<unknown> =>
  await attempt.then(
    (found) => found ?? 'nothing',
    (error: unknown) => (error instanceof Problem ? error.kind.status : error),
  )

test('an address may have eight callers waiting, all together 64, and the others are told to come again', async () => {
  const inTurn = takingTurns({ clock: Date.now })
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const first = inTurn('a', async () => await promise)
  const ask = async (address: string) => await statusOf(inTurn(address, async () => ({ address })))
  const waiting = Array.from(
    { length: 8 },
    async (_, i) => await Promise.all(Array.from({ length: 8 }, () => ask(`${i}`))),
  )
  expect(await ask('0')).toBe(429)
  expect(await ask('9')).toBe(503)
  resolve(undefined)
  expect(await statusOf(first)).toBe('nothing')
  expect((await Promise.all(waiting)).flat()).toHaveLength(64)
  expect(await ask('9')).toEqual({ address: '9' })
})

test('a caller whose turn does not come is refused, and leaves its place to the others', async () => {
  const inTurn = takingTurns({ clock: Date.now, limits: { ...unprovenLimits, waitMs: 50 } })
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const first = inTurn('a', async () => await promise)
  expect(await statusOf(inTurn('b', async () => ({})))).toBe(503)
  const last = inTurn('c', async () => ({ found: true }))
  resolve(undefined)
  await first
  expect(await last).toEqual({ found: true })
})

test('a look-up that fails gives the turn to the next, and is no miss', async () => {
  const inTurn = takingTurns({ clock: Date.now, limits: { ...unprovenLimits, misses: 1 } })
  const failing = inTurn('a', async () => {
    await pause(5)
    throw new Error('away')
  })
  const next = inTurn('a', async () => ({ found: true }))
  await expect(failing).rejects.toThrow('away')
  expect(await next).toEqual({ found: true })
})
