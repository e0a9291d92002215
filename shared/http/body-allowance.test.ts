import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Allowance, shareAllowance } from './body-allowance.ts'

const limits = { sharedBytes: 100, shareBytes: 40, freeBytes: 10, waitMs: 1_000 }
const tidyUp = vi.fn<() => void>()
const refused = expect.objectContaining({ kind: expect.objectContaining({ status: 503 }) })

beforeEach(() => {
  vi.useFakeTimers()
  tidyUp.mockReset()
})
afterEach(() => void vi.useRealTimers())

/** Takes some, and says what has become of it whenever it is asked. */
function taking(allowance: Allowance, bytes: number): { state(): Promise<unknown> } {
  let state: unknown = 'waits'
  const taken = allowance.take(bytes)
  if (!taken) state = 'has it'
  taken?.then(
    () => (state = 'has it later'),
    (error: unknown) => (state = error),
  )
  return {
    async state() {
      await vi.advanceTimersByTimeAsync(0)
      return state
    },
  }
}

/** An allowance of which the oldest request holds more than all may share. */
function withOldest(): { open: () => Allowance; oldest: Allowance } {
  let holders = 0
  const openAs = shareAllowance({ tidyUp }, limits)
  const open = () => openAs(`tenant ${holders++}`)
  const oldest = open()
  expect(oldest.take(10 + 500)).toBeUndefined()
  return { open, oldest }
}

describe('the allowance of bodies', () => {
  it('gives the oldest request all that it asks for', async () => {
    const { oldest } = withOldest()
    expect(await taking(oldest, 1_000_000).state()).toBe('has it')
  })

  it('gives the others what they share, up to the last byte', async () => {
    const { open } = withOldest()
    for (let i = 0; i < 2; i++) expect(await taking(open(), 10 + 40).state()).toBe('has it')
    expect(await taking(open(), 10 + 20).state()).toBe('has it')
    expect(await taking(open(), 10 + 1).state()).toBe('waits')
  })

  it('gives one of the others its share and no more, so that there is room for more of them', async () => {
    const { open } = withOldest()
    const large = open()
    expect(await taking(large, 10 + 39).state()).toBe('has it')
    expect(await taking(large, 1).state()).toBe('has it')
    expect(await taking(large, 1).state()).toBe('waits')
    expect(await taking(open(), 10 + 40).state()).toBe('has it')
  })

  it('lets small requests pass when everything is taken', async () => {
    const { open } = withOldest()
    for (const bytes of [40, 40, 20]) void open().take(10 + bytes)
    const small = open()
    expect(await taking(small, 4).state()).toBe('has it')
    expect(await taking(small, 6).state()).toBe('has it')
    expect(await taking(small, 1).state()).toBe('waits')
  })

  it('makes the next one the oldest when the oldest is done, however much it waits for', async () => {
    const { open, oldest } = withOldest()
    const [second, third] = [open(), open()]
    expect(await taking(second, 10 + 40).state()).toBe('has it')
    expect(await taking(third, 10 + 40).state()).toBe('has it')
    const more = taking(second, 5_000)
    const also = taking(third, 5_000)
    oldest.release()
    expect([await more.state(), await also.state()]).toEqual(['has it later', 'waits'])
    second.release()
    expect(await also.state()).toBe('has it later')
  })

  it('gives what is given back to whoever fits, in order', async () => {
    const { open } = withOldest()
    const holders = [open(), open()]
    for (const holder of holders) void holder.take(10 + 40)
    void open().take(10 + 20)
    const [first, second, small] = [taking(open(), 10 + 40), taking(open(), 10 + 40), taking(open(), 10 + 1)]
    holders[0]?.release()
    expect([await first.state(), await second.state(), await small.state()]).toEqual(['has it later', 'waits', 'waits'])
  })

  it('refuses with 503 after a while, and then holds nothing', async () => {
    const { open, oldest } = withOldest()
    const late = open()
    const waiting = taking(late, 10 + 41)
    await vi.advanceTimersByTimeAsync(999)
    expect(await waiting.state()).toBe('waits')
    await vi.advanceTimersByTimeAsync(1)
    expect(await waiting.state()).toEqual(refused)
    late.release()
    oldest.release()
    await vi.advanceTimersByTimeAsync(0)
    expect(await taking(open(), 10_000).state()).toBe('has it')
  })

  it('is as it was when everything was given back, twice too', async () => {
    const { open, oldest } = withOldest()
    const others = Array.from({ length: 3 }, open)
    for (const other of others) void taking(other, 10 + 40)
    for (const one of [...others, oldest, oldest, ...others]) one.release()
    await vi.advanceTimersByTimeAsync(0)
    const first = open()
    expect(await taking(first, 10 + 1).state()).toBe('has it')
    for (let i = 0; i < 2; i++) expect(await taking(open(), 10 + 40).state()).toBe('has it')
    expect(await taking(open(), 10 + 20).state()).toBe('has it')
    expect(await taking(open(), 10 + 1).state()).toBe('waits')
  })

  it('tidies up when a body turns out to be large, once, and after the one before it was let go', async () => {
    const { open, oldest } = withOldest()
    expect(tidyUp).toHaveBeenCalledOnce()
    void oldest.take(1_000)
    const [small, large] = [open(), open()]
    void small.take(10 + 40)
    small.release()
    const waiting = taking(large, 10 + 41)
    oldest.release()
    expect(tidyUp).toHaveBeenCalledOnce()
    expect(await waiting.state()).toBe('has it later')
    expect(tidyUp).toHaveBeenCalledTimes(2)
  })
})
