import { expect, it } from 'vitest'
import { Problem } from '../base/problem.ts'
import { openLockout } from './lockout.ts'

const MINUTE = 60_000
const HOME = '192.0.2.1'
const AWAY = '192.0.2.2'

function setUp() {
  const time = { now: 1_000_000 }
  const lockout = openLockout(() => time.now)
  /** Fails so often, each time with what `nameOf` returns; returns the number of refusals by address. */
  const fail = (times: number, address = HOME, nameOf: (i: number) => string | undefined = () => 'key a') => {
    let refused = 0
    for (let i = 0; i < times; i++) {
      try {
        lockout.failed(address, nameOf(i))
      } catch (error) {
        expect(error).toBeInstanceOf(Problem)
        refused++
      }
    }
    return refused
  }
  return { time, lockout, fail }
}

it('five failures within 15 minutes lock the credential for the address for 30 minutes', () => {
  const { time, lockout, fail } = setUp()
  fail(4)
  expect(lockout.secondsLeft(HOME, 'key a')).toBe(undefined)
  time.now += 15 * MINUTE - 1
  fail(1)
  expect(lockout.secondsLeft(HOME, 'key a')).toBe(1_800)
  time.now += 30 * MINUTE - 1
  expect(lockout.secondsLeft(HOME, 'key a')).toBe(1)
  time.now += 1
  expect(lockout.secondsLeft(HOME, 'key a')).toBe(undefined)
})

it('failures further apart lock nothing, and neither does a clock that is set back', () => {
  const { time, lockout, fail } = setUp()
  fail(4)
  time.now += 15 * MINUTE
  fail(4)
  expect(lockout.secondsLeft(HOME, 'key a')).toBe(undefined)
  time.now -= 30 * MINUTE
  fail(1)
  expect(lockout.secondsLeft(HOME, 'key a')).toBe(undefined)
})

it('neither another address nor another credential is locked', () => {
  const { lockout, fail } = setUp()
  fail(40)
  expect(lockout.secondsLeft(AWAY, 'key a')).toBe(undefined)
  expect(lockout.secondsLeft(HOME, 'key b')).toBe(undefined)
})

it('an address with 50 failures in 5 minutes is answered 429 for what fails, and nothing else is locked', () => {
  const { time, lockout, fail } = setUp()
  expect(fail(50, HOME, (i) => `key ${i}`)).toBe(0)
  expect(fail(10, HOME, () => undefined)).toBe(10)
  expect(fail(1, AWAY)).toBe(0)
  expect(lockout.secondsLeft(HOME, 'key 1')).toBe(undefined)
  time.now += 5 * MINUTE
  expect(fail(1, HOME, () => undefined)).toBe(0)
})

it('ten thousand addresses and as many credentials take bounded memory', () => {
  const { lockout, fail } = setUp()
  for (let i = 0; i < 10_001; i++) fail(1, `10.0.${i >> 8}.${i & 255}`)
  fail(5, HOME)
  fail(64, HOME, (i) => `key ${i}`)
  // The oldest pair of the address was forgotten, which costs the guesser nothing and nobody else anything.
  expect(lockout.secondsLeft(HOME, 'key a')).toBe(undefined)
})
