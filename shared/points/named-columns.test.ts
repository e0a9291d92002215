import { describe, expect, it } from 'vitest'
import { collectPoints, keepPoints } from './named-columns.ts'
import { createSeriesMemories } from './series-memory.ts'

const name = (type: string) => ({ service: 's', type, unit: 'u', labels: '{}' })
const memory = () => createSeriesMemories().of(1)

describe('the points of a request', () => {
  it('have 0 for -0', () => {
    const points = collectPoints()
    points.add(0, points.placeOf(memory().know(name('a'))), 1, -0)
    expect(Object.is(points.columns.value[0], 0)).toBe(true)
  })

  it('are as many as come, each with the place of its series', () => {
    const [points, known] = [collectPoints(), memory()]
    for (let i = 0; i < 1_000; i++) points.add(i, points.placeOf(known.know(name(String(i % 7)))), i, i)
    const { columns } = points
    expect([columns.length, columns.series.length]).toEqual([1_000, 7])
    for (let i = 0; i < 1_000; i++) expect(columns.series[columns.name[i] ?? -1]?.type).toBe(String(i % 7))
    const kept = keepPoints(columns, (i) => i % 2 === 1)
    expect([kept.length, kept.entry[3], kept.value[499]]).toEqual([500, 7, 999])
  })

  it('have one place for a series, whatever other requests use it meanwhile, and when it was forgotten', () => {
    const memories = createSeriesMemories(3_000)
    const [mine, other] = [collectPoints(), collectPoints()]
    const places = ['a', 'b'].map((type) => mine.placeOf(memories.of(1).know(name(type))))
    mine.paused()
    for (const type of ['b', 'a']) other.placeOf(memories.of(1).know(name(type)))
    expect(['a', 'b'].map((type) => mine.placeOf(memories.of(1).know(name(type))))).toEqual(places)
    for (let i = 0; i < 100; i++) memories.of(1).know(name(`more ${i}`))
    mine.paused()
    expect(['a', 'b'].map((type) => mine.placeOf(memories.of(1).know(name(type))))).toEqual(places)
    expect(mine.columns.series).toHaveLength(2)
  })
})

describe('the memory of series', () => {
  it('forgets those of the tenant that has most, the ones that were looked up longest ago', () => {
    const memories = createSeriesMemories(30_000)
    const quiet = memories.of(1)
    const known = Array.from({ length: 20 }, (_, i) => quiet.know(name(`q${i}`)))
    const busy = memories.of(2)
    const often = busy.know(name('often'))
    for (let i = 0; i < 1_000; i++) {
      busy.know(name(`churn ${i}`))
      expect(busy.know(name('often'))).toBe(often)
    }
    expect(busy.generation).toBeGreaterThan(5)
    expect(known.every((series, i) => quiet.know(name(`q${i}`)) === series)).toBe(true)
    expect(quiet.generation).toBe(0)
  })

  it('drops what is attached to it when it forgets series', () => {
    const memories = createSeriesMemories(3_000)
    const one = memories.of(1)
    const first = one.attached('index', () => ({ number: 1 }))
    expect(one.attached('index', () => ({ number: 2 }))).toBe(first)
    for (let i = 0; i < 100; i++) one.know(name(String(i)))
    expect(one.attached('index', () => ({ number: 2 }))).toEqual({ number: 2 })
  })
})
