import { DAY, formatTimestamp, MINUTE, parseTimestamp, SECOND } from '@penstock/shared/base/time.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { idOfPoint } from '../../../test/support/points/query-client.ts'
import { NOON, NOW, rangeLab } from '../../../test/support/points/ranges.ts'
import { addPoints, addSeries } from '../../../test/support/points/stored-series.ts'
import { createTenant } from '../../../test/support/postgres/database.ts'
import type { QueryLimits } from '../limits.ts'

const lab = rangeLab()
const { ask } = lab

const values = async (tenantId: number, query: Record<string, string | number>, limits?: Partial<QueryLimits>) =>
  (await ask(tenantId, query, limits)).rows.map((metric) => metric.metric_value)

describe('a range', () => {
  let tenant: number
  beforeAll(async () => {
    tenant = await createTenant(lab.database)
    const other = await createTenant(lab.database)
    // Thirty points, a minute apart, newest first in their values, over six series.
    for (let s = 0; s < 6; s++) {
      const names = {
        type: s % 2 ? 'odd' : 'even',
        unit: s < 3 ? 'C' : 'F',
        labels: { host: `h${s % 3}`, 'a.b': s, ['__proto__']: `p${s}`, constructor: s === 5 },
      }
      const mine = await addSeries(lab.database, tenant, names)
      const points = [0, 1, 2, 3, 4].map((i) => [NOON - (i * 6 + s) * MINUTE, i * 6 + s] as const)
      await addPoints(lab.database, tenant, mine, points)
      await addPoints(
        lab.database,
        other,
        await addSeries(lab.database, other, names),
        points.map(([at]) => [at + SECOND, 999]),
      )
    }
  })

  const all = Array.from({ length: 30 }, (_, i) => i)
  const at = (minutes: number, micros = 0) => formatTimestamp(NOON - minutes * MINUTE + micros)

  it('answers the points of the tenant alone, newest first', async () => {
    expect(await values(tenant, {})).toEqual(all)
    expect(await values(tenant + 1_000_000, {})).toEqual([])
  })

  it('has both ends inside, to the microsecond', async () => {
    expect(await values(tenant, { start_time: at(10), end_time: at(5) })).toEqual([5, 6, 7, 8, 9, 10])
    expect(await values(tenant, { start_time: at(10, 1), end_time: at(5, -1) })).toEqual([6, 7, 8, 9])
    expect(await values(tenant, { start_time: at(7), end_time: at(7) })).toEqual([7])
  })

  it.each<[Record<string, string>, (s: number) => boolean]>([
    [{ service_name: 'svc' }, () => true],
    [{ service_name: 'sv' }, () => false],
    [{ metric_type: 'odd' }, (s) => s % 2 === 1],
    [{ unit: 'F' }, (s) => s >= 3],
    [{ 'labels.host': 'h1' }, (s) => s % 3 === 1],
    [{ 'labels.host': 'h0', 'labels.a.b': '3' }, (s) => s === 3],
    [{ metric_type: 'even', 'labels.host': 'h2' }, (s) => s === 2],
    [{ 'labels.nobody': 'x' }, () => false],
    [{ 'labels.host': '' }, () => false],
    [JSON.parse('{"labels.__proto__":"p4"}'), (s) => s === 4],
    [{ 'labels.constructor': 'true' }, (s) => s === 5],
    [{ service_name: "svc' or '1'='1" }, () => false],
    [{ "labels.host' or true --": 'h1' }, () => false],
  ])('is narrowed by %j', async (query, isMeant) => {
    expect(await values(tenant, query)).toEqual(all.filter((value) => isMeant(value % 6)))
  })

  it('is cut by limit and offset', async () => {
    expect(await values(tenant, { limit: 4 })).toEqual([0, 1, 2, 3])
    expect(await values(tenant, { limit: 4, offset: 10 })).toEqual([10, 11, 12, 13])
    expect(await values(tenant, { limit: 4, offset: 28 })).toEqual([28, 29])
    expect(await values(tenant, { offset: 30 })).toEqual([])
    expect(await values(tenant, { offset: 100_000, limit: 10_000 })).toEqual([])
  })

  it('has a cursor when its page is full, and after the last page an empty one', async () => {
    expect((await ask(tenant, { limit: 31 })).cursor).toBeUndefined()
    const full = await ask(tenant, { limit: 30 })
    const rest = await ask(tenant, { limit: 30, cursor: String(full.cursor) })
    expect([rest.rows, rest.cursor]).toEqual([[], undefined])
  })

  it('goes on after an offset where that page ended', async () => {
    const { cursor } = await ask(tenant, { limit: 4, offset: 10 })
    expect(await values(tenant, { limit: 4, cursor: String(cursor) })).toEqual([14, 15, 16, 17])
  })
})

describe('a page', () => {
  it('shows each point with the names of its series', async () => {
    const tenant = await createTenant(lab.database)
    const id = await addSeries(lab.database, tenant, { unit: '', labels: '{"b":1,"a":{"z":null,"y":[true]}}' })
    await addPoints(lab.database, tenant, id, [[NOON + 1, -1.5e-7]])
    const { rows } = await ask(tenant, {})
    expect(rows).toEqual([
      {
        id: idOfPoint(id, NOON + 1),
        service_name: 'svc',
        metric_type: 'temp',
        metric_value: -1.5e-7,
        unit: '',
        timestamp: '2026-11-20T12:00:00.000001Z',
        metric_metadata: { a: { y: [true], z: null }, b: 1 },
      },
    ])
  })

  it('of one instant has the highest series first, and ends between them', async () => {
    const tenant = await createTenant(lab.database)
    for (let s = 0; s < 7; s++)
      await addPoints(lab.database, tenant, await addSeries(lab.database, tenant, { labels: { s } }), [[NOON, s]])
    const first = await ask(tenant, { limit: 3 })
    const second = await ask(tenant, { limit: 3, cursor: String(first.cursor) })
    const third = await ask(tenant, { limit: 3, cursor: String(second.cursor) })
    expect([first, second, third].map((page) => page.rows.map((m) => m.metric_value))).toEqual([
      [6, 5, 4],
      [3, 2, 1],
      [0],
    ])
    expect(third.cursor).toBeUndefined()
  })

  it('ends before it would be too large, and its cursor leads to the rest', async () => {
    const tenant = await createTenant(lab.database)
    const id = await addSeries(lab.database, tenant, { labels: { note: 'ü'.repeat(500) } })
    await addPoints(
      lab.database,
      tenant,
      id,
      Array.from({ length: 20 }, (_, i) => [NOON - i, i] as const),
    )
    const answerBytes = 8_000
    const seen: number[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const page = await ask(tenant, cursor === undefined ? {} : { cursor }, { answerBytes })
      expect(Buffer.byteLength(page.text)).toBeLessThanOrEqual(answerBytes)
      seen.push(...page.rows.map((m) => m.metric_value))
      cursor = page.cursor
      pages++
    } while (cursor !== undefined)
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(pages).toBe(4)
  })

  it('finds old points behind a long silence, and points of the future', async () => {
    const tenant = await createTenant(lab.database)
    const old = parseTimestamp('2025-12-05T00:00:00Z') as number
    for (let s = 0; s < 3; s++) {
      const id = await addSeries(lab.database, tenant, { labels: { s } })
      await addPoints(
        lab.database,
        tenant,
        id,
        [...Array(40).keys()].map((i) => [old + i * SECOND, i] as const),
      )
      await addPoints(lab.database, tenant, id, [[NOW + 20 * DAY + s, 100 + s]])
    }
    const found = await values(tenant, {
      start_time: '0001-01-01T00:00:00Z',
      end_time: '9999-12-31T00:00:00Z',
      limit: 9,
    })
    expect(found).toEqual([102, 101, 100, 39, 39, 39, 38, 38, 38])
  })
})

describe('a cursor', () => {
  it('is refused for another tenant, another filter and another range', async () => {
    const [tenant, other] = [await createTenant(lab.database), await createTenant(lab.database)]
    for (const t of [tenant, other])
      await addPoints(lab.database, t, await addSeries(lab.database, t), [
        [NOON, 1],
        [NOON - 1, 2],
      ])
    const { cursor } = await ask(tenant, { limit: 1 })
    const asked = { limit: 1, cursor: String(cursor) }
    expect(await values(tenant, asked)).toEqual([2])
    expect(await values(tenant, { ...asked, limit: 2 })).toEqual([2])
    await expect(ask(other, asked)).rejects.toMatchObject({ kind: { status: 422 }, errors: [{ pointer: '?cursor' }] })
    for (const change of [
      { service_name: 'svc' },
      { unit: 'C' },
      { 'labels.a': '' },
      { start_time: '2021-01-01T00:00:00Z' },
      { end_time: '2029-01-01T00:00:00Z' },
    ]) {
      await expect(ask(tenant, { ...asked, ...change })).rejects.toMatchObject({
        errors: [{ pointer: '?cursor' }],
      })
    }
  })
})
