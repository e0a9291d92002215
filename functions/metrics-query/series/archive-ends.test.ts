import { addMonths, DAY, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import { openArchive } from '@penstock/shared/reading/archive-reading.ts'
import type { ObjectSpan } from '@penstock/shared/reading/archive-spans.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ObjectMemory, openObjectMemory, runOf } from '../../../test/support/months/archive-objects.ts'
import { defaultLimits } from '../limits.ts'
import { type Ends, findEnds, openEndsMemory } from './archive-ends.ts'

let memory: ObjectMemory
beforeEach(() => {
  memory = openObjectMemory()
})

const labelsOf = (id: number) => ({ id: `${id}` })
const series = (id: number, ends?: readonly [Micros, Micros]) => ({
  series: { id, service_name: 'svc', metric_type: 'temp', unit: 'C', labels: labelsOf(id) },
  ends: ends && { first: ends[0], last: ends[1] },
})

/** An archived month with points of these series at these instants. */
async function month(first: string, points: Readonly<Record<number, readonly Micros[]>>): Promise<ObjectSpan> {
  const runs = Object.entries(points).map(([id, at]) =>
    runOf(
      { labels: JSON.stringify(labelsOf(Number(id))) },
      at.map((instant) => [instant, 1] as const),
    ),
  )
  const [from, to] = [monthStart(first), monthStart(addMonths(first, 1)) - 1]
  return { from, to, object: await memory.write(runs) }
}

const ask = async (
  spans: readonly ObjectSpan[],
  all: readonly ReturnType<typeof series>[],
  ends = openEndsMemory(),
) => {
  const archive = openArchive(memory, defaultLimits).open(defaultLimits)
  const found = await findEnds({ archive, memory: ends }, spans, all)
  return Object.fromEntries([...found].map(([id, one]) => [id, one && [one.first, one.last]]))
}

const [june, july, august] = ['2026-06-01', '2026-07-01', '2026-08-01'].map(monthStart) as [Micros, Micros, Micros]

describe('the ends of series', () => {
  it('are the first and last of database and archive', async () => {
    const spans = [
      await month('2026-06-01', { 1: [june + 5, june + 7], 2: [june + 9] }),
      await month('2026-07-01', { 1: [july], 2: [july + 1, july + 2], 3: [july + 3] }),
    ]
    const all = [
      series(1, [august, august + DAY]),
      series(2),
      series(3, [june - DAY, june - 1]),
      series(4, [august, august]),
      series(5),
    ]
    expect(await ask(spans, all)).toEqual({
      1: [june + 5, august + DAY],
      2: [june + 9, july + 2],
      3: [june - DAY, july + 3],
      4: [august, august],
      5: undefined,
    })
  })

  it('are read of an object once', async () => {
    const spans = [await month('2026-06-01', { 1: [june + 5], 2: [june + 6] })]
    const ends = openEndsMemory()
    expect(await ask(spans, [series(1)], ends)).toEqual({ 1: [june + 5, june + 5] })
    memory.takeReads()
    const again = await ask(spans, [series(1), series(2)], ends)
    expect(again).toEqual({ 1: [june + 5, june + 5], 2: [june + 6, june + 6] })
    expect(memory.takeReads()).toHaveLength(2)
    await ask(spans, [series(1), series(2)], ends)
    expect(memory.takeReads()).toEqual([])
  })

  it('are not looked for where they cannot be', async () => {
    const spans = [await month('2026-06-01', { 1: [june + 5] }), await month('2026-07-01', { 1: [july] })]
    expect(await ask(spans, [series(1, [june - DAY, august])])).toEqual({ 1: [june - DAY, august] })
    expect(memory.takeReads()).toEqual([])
  })

  it('are forgotten of the object that was asked longest ago', () => {
    const ends = openEndsMemory(3)
    const [a, b] = ['a', 'b'].map((name) => ({ name, generation: '1', bytes: 1, rows: 1 }))
    if (!a || !b) throw new Error('there are two objects')
    const some: Ends = { first: 1, last: 2 }
    ends.keep(a, new Map([[1, some]]))
    ends.keep(a, new Map([[2, null]]))
    ends.keep(b, new Map([[1, some]]))
    expect([ends.recall(a, 1), ends.recall(a, 2), ends.recall(a, 3)]).toEqual([some, null, undefined])
    ends.keep(b, new Map([[2, some]]))
    expect([ends.recall(a, 1), ends.recall(b, 1), ends.recall(b, 2)]).toEqual([undefined, some, some])
  })
})
