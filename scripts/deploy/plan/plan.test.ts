// The plan: its arithmetic, the bar for an idle small suite, and the page that shows it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rootFolder } from '../../cli/state.ts'
import { bytesPerPoint, perPoint } from './constants.ts'
import { withTables } from './cost-table.ts'
import { costsOf, runsOfMonth, totalOf } from './costs.ts'
import type { Load } from './load.ts'
import { planFor } from './model.ts'
import { reportOf } from './report.ts'
import { resourcesOf } from './resources.ts'

const idle: Load = {
  pointsPerSecond: 0,
  series: 100,
  tenants: 1,
  batch: 500,
  hotDays: 90,
  coldDays: 365,
  queriesPerSecond: 0,
  hasStandby: false,
}
const load = (more: Partial<Load>): Load => ({ ...idle, ...more })

describe('the cost', () => {
  it('of an idle small suite is at most 15 dollars, and keeps nothing warm', () => {
    const { tier, lines, usd } = planFor(idle)
    expect(tier).toBe('small')
    expect(usd).toBeLessThanOrEqual(15)
    expect(usd).toBe(totalOf(lines))
    expect(resourcesOf('small').warm).toEqual([])
    expect(lines.find(({ what }) => what === 'functions')?.usd).toBe(0)
  })

  it('is the price of each resource', () => {
    const usdOf = (what: RegExp) => costsOf(resourcesOf('large')).find((it) => what.test(it.what))?.usd
    expect(usdOf(/^database/)).toBe(404.71)
    expect(usdOf(/^read replica/)).toBe(202.36)
    expect(usdOf(/^disk/)).toBe(51)
    expect(usdOf(/^2 warm of metrics-ingest/)).toBe(19.71)
  })

  it('rises with the load', () => {
    const usd = [0, 10, 100, 1_000, 10_000, 100_000].map(
      (rate) => planFor(load({ pointsPerSecond: rate, series: 10 * rate })).usd,
    )
    expect(usd).toEqual(usd.toSorted((a, b) => a - b))
  })

  it('counts the calls of the schedules', () => {
    // Two every five minutes, those of each minute, and one every ten minutes.
    expect(runsOfMonth()).toBeGreaterThan(2 * 8_760 + 2 * 43_800)
  })
})

describe('the size', () => {
  it('is what was measured at the measured intervals, and between them in between', () => {
    for (const { intervalS, bytes, walBytes } of perPoint)
      expect(bytesPerPoint(intervalS)).toMatchObject({ bytes, walBytes })
    expect(bytesPerPoint(0.1).bytes).toBe(perPoint[0].bytes)
    expect(bytesPerPoint(1e6).bytes).toBe(24.4)
    const { bytes } = bytesPerPoint(Math.sqrt(10 * 60))
    expect(bytes).toBeCloseTo((5.78 + 8.04) / 2)
  })
})

describe('the limits', () => {
  it('are ordered by the load at which they are hit, and the first one says what to do', () => {
    const { limits } = planFor(load({ pointsPerSecond: 5_000, series: 20_000, tenants: 12, queriesPerSecond: 20 }))
    const headrooms = limits.map(({ headroom }) => headroom)
    expect(headrooms).toEqual(headrooms.toSorted((a, b) => a - b))
    expect(limits.every(({ remedy }) => remedy.length > 0)).toBe(true)
  })

  it('of one instance are passed at a million points a second, and the report says where to go', () => {
    const plan = planFor(load({ pointsPerSecond: 1_000_000, series: 10_000_000, tenants: 100, batch: 1_000 }))
    expect(plan.fits).toBe(false)
    expect(reportOf(plan)).toContain('does not fit one instance')
    expect(planFor(load({ pointsPerSecond: 1_000, series: 10_000 })).fits).toBe(true)
  })
})

it('is on the page of the deployment as it is computed: npm run plan -- --write', () => {
  const page = readFileSync(join(rootFolder, 'docs/deploy.md'), 'utf8')
  expect(page).toBe(withTables(page))
})
