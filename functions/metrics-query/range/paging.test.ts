import { HOUR, SECOND } from '@penstock/shared/base/time.ts'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { idOfPoint } from '../../../test/support/points/query-client.ts'
import { NOON, rangeLab } from '../../../test/support/points/ranges.ts'
import { addPoints, addSeries } from '../../../test/support/points/stored-series.ts'
import { createTenant } from '../../../test/support/postgres/database.ts'
import type { Metric } from '../contract.ts'

const lab = rangeLab()
const { ask } = lab

describe('following cursors', () => {
  const seriesIds: number[] = []
  let tenant: number
  beforeAll(async () => {
    tenant = await createTenant(lab.database)
    for (let s = 0; s < 5; s++) seriesIds.push(await addSeries(lab.database, tenant, { labels: { walk: s } }))
  })

  // Close together and far apart, before and after the clock, in several partitions.
  const instants = fc.oneof(
    fc.integer({ min: -20, max: 20 }).map((us) => NOON + us),
    fc.integer({ min: -90, max: 90 }).map((s) => NOON + s * SECOND),
    fc.integer({ min: -45 * 24, max: 24 }).map((h) => NOON + h * HOUR),
  )
  const points = fc.array(fc.tuple(fc.nat(4), instants), { maxLength: 60 })
  const plan = fc.record({
    before: points,
    meanwhile: fc.array(
      points.map((some) => some.slice(0, 8)),
      { maxLength: 4 },
    ),
    limit: fc.integer({ min: 1, max: 25 }),
    answerBytes: fc.constantFrom(300, 2_000, 1_000_000),
  })

  it('meets each point once and in order, whatever is written meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ before, meanwhile, limit, answerBytes }) => {
        for (const table of ['metric_log', 'metric_chunk'])
          await lab.database.query(`delete from ${table} where tenant_id = $1`, [tenant])
        await store(before)
        const present = new Set(before.map(([s, at]) => idOfPoint(seriesIds[s] as number, at)))
        const written = new Set([
          ...present,
          ...meanwhile.flat().map(([s, at]) => idOfPoint(seriesIds[s] as number, at)),
        ])

        const seen: Metric[] = []
        let cursor: string | undefined
        let pages = 0
        do {
          const page = await ask(tenant, { limit, ...(cursor === undefined ? {} : { cursor }) }, { answerBytes })
          expect(page.rows.length).toBeLessThanOrEqual(limit)
          seen.push(...page.rows)
          cursor = page.cursor
          await store(meanwhile[pages++] ?? [])
        } while (cursor !== undefined)

        const ids = seen.map((metric) => metric.id)
        expect(new Set(ids).size).toBe(ids.length)
        expect([...present].filter((id) => !ids.includes(id))).toEqual([])
        expect(ids.filter((id) => !written.has(id))).toEqual([])
        // The id of a point does not show the number of its series. The value does: series are numbered in the order of their values.
        const order = seen.map((metric) => `${metric.timestamp} ${metric.metric_value}`)
        expect(order).toEqual([...order].sort().reverse())
      }),
      { numRuns: 120 },
    )
  }, 120_000)

  async function store(some: readonly (readonly [number, number])[]): Promise<void> {
    for (const s of new Set(some.map(([series]) => series))) {
      const own = new Map(some.filter(([series]) => series === s).map(([, at]) => [at, at]))
      await addPoints(
        lab.database,
        tenant,
        seriesIds[s] as number,
        [...own].map(([at]) => [at, s] as const),
      )
    }
  }
})
