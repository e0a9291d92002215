import { expect, it } from 'vitest'
import { openTally, recoveryMs } from './tally.ts'

function succeeding(...successes: [sentAt: number, endedAt: number, label: string][]) {
  const tally = openTally()
  for (const [sentAt, endedAt, label] of successes) tally.successes.push({ sentAt, endedAt, label })
  return tally
}

it('recovers with the first success of a request that was sent after the fault', () => {
  const tally = succeeding([90, 130, 'a'], [100, 170, 'a'], [110, 150, 'b'])
  expect(recoveryMs(tally, [{ at: 100 }])).toBe(50)
  expect(recoveryMs(tally, [{ at: 100, label: 'a' }])).toBe(70)
})

it('takes as long as after the worst fault, and for ever where nothing succeeded after one', () => {
  const tally = succeeding([100, 110, 'a'], [200, 290, 'a'])
  expect(recoveryMs(tally, [{ at: 95 }, { at: 200 }])).toBe(90)
  expect(recoveryMs(tally, [{ at: 95 }, { at: 201 }])).toBe(Number.POSITIVE_INFINITY)
  expect(recoveryMs(tally, [])).toBe(0)
})
