import { formatTimestamp, HOUR } from '@penstock/shared/base/time.ts'
import { describe, expect, it } from 'vitest'
import { aggregateLab, us } from '../../../test/support/points/aggregates.ts'
import { addSeries } from '../../../test/support/points/stored-series.ts'
import { createTenant } from '../../../test/support/postgres/database.ts'
import type { Interval } from '../contract.ts'

const lab = aggregateLab()
const { ask, store, freshService } = lab

describe('an aggregate', () => {
  it.each<[Interval, string, string]>([
    ['week', '2024-01-07T23:59:59.999999Z', '2024-01-01T00:00:00.000000Z'],
    ['week', '2024-01-08T00:00:00Z', '2024-01-08T00:00:00.000000Z'],
    ['week', '2023-12-31T23:59:59Z', '2023-12-25T00:00:00.000000Z'],
    ['month', '2024-02-29T23:59:59.999999Z', '2024-02-01T00:00:00.000000Z'],
    ['month', '2024-03-01T00:00:00Z', '2024-03-01T00:00:00.000000Z'],
    ['month', '2023-12-31T23:59:59.999999Z', '2023-12-01T00:00:00.000000Z'],
    ['day', '2024-02-29T23:59:59.999999Z', '2024-02-29T00:00:00.000000Z'],
    ['15m', '2024-02-29T12:44:59.999999Z', '2024-02-29T12:30:00.000000Z'],
  ])('by %s puts %s into the bucket of %s', async (interval, at, bucket) => {
    const service = freshService()
    await store(service, [{ at: us(at), value: 1, group: null }])
    expect((await ask(service, { interval })).data.map((entry) => entry.timestamp)).toEqual([bucket])
  })

  it('answers the question with it, the ends as they were sent', async () => {
    const sent = { start_time: '2024-02-01T05:30:00+05:30', end_time: '2024-03-01T00:00:00' }
    const service = freshService()
    expect(await ask(service, { ...sent, interval: 'day' })).toEqual({
      service_name: service,
      metric_type: 'temp',
      interval: 'day',
      ...sent,
      data: [],
    })
  })

  it('sums up the series of the tenant alone that match', async () => {
    const service = freshService()
    const other = await createTenant(lab.client.database)
    const at = us('2024-02-02T00:00:00Z')
    for (const [tenantId, type, host, value] of [
      [lab.tenant, 'temp', 'a', 1],
      [lab.tenant, 'temp', 'b', 10],
      [lab.tenant, 'load', 'a', 100],
      [other, 'temp', 'a', 1000],
    ] as const) {
      await lab.add({ service, type, labels: { host } }, [[at, value]], tenantId)
    }
    const sum = async (query: Record<string, string>, tenantId?: number) =>
      (await ask(service, query, {}, tenantId)).data.map((entry) => entry.sum_value)
    expect(await sum({})).toEqual([11])
    expect(await sum({ 'labels.host': 'b' })).toEqual([10])
    expect(await sum({ 'labels.host': 'c' })).toEqual([])
    expect(await sum({}, other)).toEqual([1000])
  })

  it('groups by a label of any name, null where it is missing, a number as text', async () => {
    const service = freshService()
    const at = us('2024-02-02T00:00:00Z')
    const labels = ['{"__proto__":"x"}', '{"__proto__":"x","more":1}', '{"__proto__":7}', '{}']
    for (const [i, text] of labels.entries()) await lab.add({ service, labels: text }, [[at, i]])
    const { data } = await ask(service, { group_by: '__proto__', interval: 'day' })
    expect(data.map(({ group, count }) => [group, count])).toEqual([
      ['7', 1],
      ['x', 2],
      [null, 1],
    ])
    expect(
      (await ask(service, { group_by: 'nobody', interval: 'day' })).data.map(({ group, count }) => [group, count]),
    ).toEqual([[null, 4]])
  })

  it('has percentiles under the keys that were sent', async () => {
    const service = freshService()
    const start = us('2024-02-02T00:00:00Z')
    await store(
      service,
      Array.from({ length: 101 }, (_, i) => ({ at: start + i, value: (i * 37) % 101, group: null })),
    )
    const { data } = await ask(service, { percentiles: '50,95,99.50' })
    expect(data[0]?.percentiles).toEqual({ '50': 50, '95': 95, '99.50': 99.5 })
  })
})

describe('units', () => {
  it('that meet among the points are refused by name, until one is chosen', async () => {
    const service = freshService()
    const [first, second] = [us('2024-02-02T00:00:00Z'), us('2024-02-03T00:00:00Z')]
    await lab.add({ service, unit: 'C' }, [[first, 1]])
    await lab.add({ service, unit: 'F' }, [[second, 2]])
    await addSeries(lab.client.database, lab.tenant, { service, unit: 'K' })

    await expect(ask(service, {})).rejects.toMatchObject({
      kind: { slug: 'ambiguous_unit', status: 422 },
      errors: [{ pointer: '?unit' }],
      detail: expect.stringMatching(/"C", "F"$/),
    })
    expect((await ask(service, { unit: 'F' })).data.map((entry) => entry.sum_value)).toEqual([2])
    expect((await ask(service, { unit: 'K' })).data).toEqual([])
  })

  it('do not meet when only one has points in the range', async () => {
    const service = freshService()
    const [first, second] = [us('2024-02-02T00:00:00Z'), us('2024-02-03T00:00:00Z')]
    await lab.add({ service, unit: 'C' }, [[first, 1]])
    await lab.add({ service, unit: 'F' }, [[second, 2]])
    const { data } = await ask(service, { end_time: formatTimestamp(second - 1) })
    expect(data.map((entry) => entry.sum_value)).toEqual([1])
    expect((await ask(service, { end_time: formatTimestamp(first - 1) })).data).toEqual([])
  })

  it('are named up to ten of them', async () => {
    const service = freshService()
    for (let i = 10; i < 22; i++) await lab.add({ service, unit: `u${i}` }, [[us('2024-02-02T00:00:00Z'), 1]])
    await expect(ask(service, {})).rejects.toMatchObject({
      detail: expect.stringMatching(/"u10", .*"u19" and 2 more$/),
    })
  })
})

describe('too much', () => {
  const at = us('2024-02-02T00:00:00Z')

  it('is more buckets times groups than the limit, not as many', async () => {
    const service = freshService()
    await store(
      service,
      [...Array(6).keys()].map((i) => ({ at: at + (i % 3) * HOUR, value: i, group: i < 3 ? 'a' : 'b' })),
    )
    expect((await ask(service, { group_by: 'host' }, { buckets: 6 })).data).toHaveLength(6)
    await expect(ask(service, { group_by: 'host' }, { buckets: 5 })).rejects.toMatchObject({
      kind: { slug: 'too_many_buckets', status: 422 },
      errors: [{ pointer: '?interval' }],
    })
  })

  it('is more series than one aggregate may sum up', async () => {
    const service = freshService()
    await store(
      service,
      ['a', 'b', 'c'].map((group) => ({ at, value: 1, group })),
    )
    expect((await ask(service, {}, { summedSeries: 3 })).data).toHaveLength(1)
    await expect(ask(service, {}, { summedSeries: 2 })).rejects.toMatchObject({
      kind: { status: 422 },
      errors: [{ pointer: '?service_name' }],
    })
    expect((await ask(service, { 'labels.host': 'a' }, { summedSeries: 2 })).data).toHaveLength(1)
  })

  it('is an answer of more bytes than the limit', async () => {
    const service = freshService()
    await store(service, [{ at, value: 1, group: 'ü' }])
    const size = Buffer.byteLength(JSON.stringify(await ask(service, { group_by: 'host' })))
    await expect(ask(service, { group_by: 'host' }, { answerBytes: size })).resolves.toBeDefined()
    await expect(ask(service, { group_by: 'host' }, { answerBytes: size - 1 })).rejects.toMatchObject({
      kind: { slug: 'answer_too_large', status: 422 },
    })
  })
})
