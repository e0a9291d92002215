import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { whileRenewing } from './month-deps.ts'

const sleep = promisify(setTimeout)
/** A pause that ends at once: half a minute of ticks passes in no time. */
const pause = async (): Promise<void> => await sleep(0)

describe('a run', () => {
  it('is renewed as long as a statement takes, and no longer', async () => {
    let renewals = 0
    const renew = async (): Promise<void> => void renewals++
    const { promise, resolve } = Promise.withResolvers<string>()
    const waiting = whileRenewing({ renew, pause }, promise)
    while (renewals < 2) await sleep(1)
    resolve('done')
    expect(await waiting).toBe('done')
    const after = renewals
    await sleep(20)
    expect(renewals).toBe(after)
  })

  it('that is lost stops waiting, and what the statement throws is thrown', async () => {
    const lost = async (): Promise<void> => {
      throw new Error('lost')
    }
    await expect(whileRenewing({ renew: lost, pause }, sleep(200))).rejects.toThrow('lost')
    const failing = sleep(5).then(() => {
      throw new Error('it failed')
    })
    await expect(whileRenewing({ renew: async () => {}, pause }, failing)).rejects.toThrow('it failed')
  })
})
