import { describe, expect, it } from 'vitest'
import { mergeRuns } from './merge-runs.ts'
import type { MetricRun } from './metric-runs.ts'

const runOf = (type: string, points: readonly (readonly [number, number])[]): MetricRun => ({
  series: { service: 'svc', type, unit: '', labels: '{}' },
  at: Float64Array.from(points, ([at]) => at),
  value: Float64Array.from(points, ([, value]) => value),
})

async function* contentOf(runs: readonly MetricRun[]): AsyncGenerator<MetricRun, void> {
  yield* runs
}

async function mergedPoints(older: readonly MetricRun[], newer: readonly MetricRun[]): Promise<string[]> {
  const points: string[] = []
  for await (const { series, at, value } of mergeRuns(contentOf(older), contentOf(newer)))
    for (const [i, instant] of at.entries()) points.push(`${series.type} ${instant} ${value[i]}`)
  return points
}

describe('mergeRuns', () => {
  it('gives every point once and prefers the newer content', async () => {
    const older = [
      runOf('a', [
        [1, 10],
        [3, 30],
      ]),
      runOf('a', [[5, 50]]),
      runOf('c', [[1, 1]]),
    ]
    const newer = [
      runOf('a', [
        [2, 21],
        [3, 31],
        [4, 41],
        [9, 91],
      ]),
      runOf('b', []),
      runOf('b', [[1, 11]]),
    ]
    expect(await mergedPoints(older, newer)).toEqual([
      'a 1 10',
      'a 2 21',
      'a 3 31',
      'a 4 41',
      'a 5 50',
      'a 9 91',
      'b 1 11',
      'c 1 1',
    ])
    expect(await mergedPoints([], newer)).toHaveLength(5)
    expect(await mergedPoints(older, [])).toHaveLength(4)
  })

  it('equals a map of the points, however they are cut into runs', async () => {
    let state = 7
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    for (let round = 0; round < 50; round++) {
      const model = new Map<string, string>()
      const contents = ['old', 'new'].map((_, place) => {
        const runs: MetricRun[] = []
        for (const type of ['a', 'b', 'c']) {
          const instants = [...new Set(Array.from({ length: random(40) }, () => random(60)))].sort((x, y) => x - y)
          for (let from = 0; from < instants.length; ) {
            const to = from + 1 + random(10)
            const points = instants.slice(from, to).map((at) => [at, place * 1_000 + random(100)] as const)
            for (const [at, value] of points)
              model.set(`${type} ${String(at).padStart(2, '0')}`, `${type} ${at} ${value}`)
            runs.push(runOf(type, points))
            from = to
          }
        }
        return runs
      })
      const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
      expect(await mergedPoints(contents[0] ?? [], contents[1] ?? [])).toEqual(expected)
    }
  })
})
