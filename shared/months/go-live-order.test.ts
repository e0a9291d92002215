import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import { connectWriter, type PointWriter } from '../../test/support/points/point-writer.ts'
import { addMonths } from '../base/time.ts'
import { fillAhead, type GoLiveDeps, goLive, replay } from './go-live.ts'

let months: Months
const writers: PointWriter[] = []
beforeAll(async () => {
  months = await openMonths()
  for (let i = 0; i < 3; i++) writers.push(await connectWriter(months.db, months.tenant))
})
afterAll(async () => {
  for (const writer of writers) await writer.end()
  await months.close()
})

let last = '1900-01-01'
const freshMonth = (): string => {
  last = addMonths(last, 1)
  return last
}

/** Makes the month live as a run does. */
async function makeLive(deps: GoLiveDeps, month: string): Promise<void> {
  for (let moved = deps.limits.batchPoints; moved === deps.limits.batchPoints; ) moved = await fillAhead(deps, month)
  await goLive(deps, month)
}

const storedIn = async (month: string) =>
  new Map((await months.stored(month)).map(({ series_id, ts, value }) => [`${series_id} ${ts.slice(8, 10)}`, value]))

type Act =
  | { readonly kind: 'write'; readonly writer: number; readonly series: number; readonly day: number }
  | { readonly kind: 'fill'; readonly batchPoints: number }
  | { readonly kind: 'live' }
  | { readonly kind: 'replay' }

const write = fc.record({
  kind: fc.constant('write' as const),
  writer: fc.nat(2),
  series: fc.integer({ min: 1, max: 2 }),
  day: fc.integer({ min: 1, max: 3 }),
})
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: write },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('fill' as const), batchPoints: fc.integer({ min: 1, max: 3 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'live' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'replay' as const }) },
  ),
  { minLength: 1, maxLength: 30 },
)

describe('of each key the last accepted value', { timeout: 120_000 }, () => {
  it('is what a live month holds, whatever was deferred, moved, stored and made live in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (sequence) => {
        const month = freshMonth()
        const accepted = new Map<string, number>()
        for (const [value, act] of sequence.entries()) {
          if (act.kind === 'write') {
            const day = `0${act.day}`
            const ts = `${month.slice(0, 8)}${day} 00:00:00+00`
            await writers[act.writer]?.write({ series: act.series, ts, value })
            accepted.set(`${act.series} ${day}`, value)
          }
          if (act.kind === 'fill') await fillAhead(months.deps({ batchPoints: act.batchPoints, lastPoints: 0 }), month)
          if (act.kind === 'live') await goLive(months.deps(), month)
          if (act.kind === 'replay') await replay(months.deps(), month)
        }
        await makeLive(months.deps({ batchPoints: 2, lastPoints: 1 }), month)
        expect(await storedIn(month)).toEqual(accepted)
        expect(await months.waiting()).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  it('stays while writers write, two instances move their points, and the month goes live under them', async () => {
    for (let round = 0; round < 3; round++) {
      const month = freshMonth()
      const accepted = new Map<string, number>()
      const answers = new Set<string>()
      let live = false
      const keepWriting = async (writer: PointWriter, series: number): Promise<void> => {
        for (let value = 0, left = 30; left > 0; value++, left -= live ? 1 : 0) {
          const day = `0${1 + (value % 3)}`
          answers.add(await writer.write({ series, ts: `${month.slice(0, 8)}${day} 00:00:00+00`, value }))
          accepted.set(`${series} ${day}`, value)
        }
      }
      const writing = writers.map(async (writer, i) => await keepWriting(writer, i + 1))
      await expect.poll(async () => await months.waiting(), { timeout: 10_000 }).toBeGreaterThan(150)
      const deps = months.deps({ batchPoints: 100, lastPoints: 10 })
      await Promise.all([makeLive(deps, month), makeLive(deps, month)])
      live = true
      await Promise.all(writing)
      expect(await storedIn(month)).toEqual(accepted)
      expect(await months.waiting()).toBe(0)
      expect(answers).toEqual(new Set(['deferred', 'stored']))
    }
  })
})
