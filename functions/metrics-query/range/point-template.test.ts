import { openPointIds } from '@penstock/shared/points/point-id.ts'
import type { SeriesRow } from '@penstock/shared/reading/named-series.ts'
import { expect, test } from 'vitest'
import { openSeriesMemory, templateOf } from './point-template.ts'

const pointIds = openPointIds(Buffer.alloc(16))
const codeOf = (id: number): string => pointIds.codesOf([id]).get(id) ?? ''
const seriesOf = (id: number): SeriesRow => ({ id, service_name: `s${id}`, metric_type: 't', unit: 'u', labels: {} })

test('series that were learned are known, and of the others each is named once', () => {
  const memory = openSeriesMemory(pointIds)
  memory.learn(1, [seriesOf(7)])

  const { known, unknown } = memory.recall(1, Int32Array.of(8, 7, 9, 8, 7))

  expect(known).toEqual(new Map([[7, templateOf(seriesOf(7), codeOf(7))]]))
  expect(unknown).toEqual([8, 9])
})

test('what was learned for one tenant is unknown to another', () => {
  const memory = openSeriesMemory(pointIds)
  memory.learn(1, [seriesOf(7)])

  expect(memory.recall(2, Int32Array.of(7)).unknown).toEqual([7])
})

test('the memory is bounded in bytes, and forgets what was not asked for longest', () => {
  const { head, tail } = templateOf(seriesOf(1), codeOf(1))
  const memory = openSeriesMemory(pointIds, 2 * (2 * (head.length + tail.length) + 500))
  memory.learn(1, [seriesOf(1)])
  memory.learn(1, [seriesOf(2)])
  memory.recall(1, Int32Array.of(1))
  // Learned by another request at the same time.
  memory.learn(1, [seriesOf(1)])
  memory.learn(1, [seriesOf(3)])

  expect(memory.recall(1, Int32Array.of(1, 2, 3)).unknown).toEqual([2])
})

test('a series too large for the memory is described all the same', () => {
  expect(openSeriesMemory(pointIds, 10).learn(1, [seriesOf(1)])).toEqual(
    new Map([[1, templateOf(seriesOf(1), codeOf(1))]]),
  )
})
