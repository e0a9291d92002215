import { AlertPreviewRequest } from '@penstock/shared/alerts/rule-schema.ts'
import { DAY, formatTimestamp, MINUTE, type Micros, monthStart } from '@penstock/shared/base/time.ts'
import { archiveMonth } from '@penstock/shared/lifecycle/archive-month.ts'
import { openArchive } from '@penstock/shared/reading/archive-reading.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LogArchive, openLogArchive } from '../../../test/support/months/log-archive.ts'
import { compactEverything, passTheGate } from '../../../test/support/points/compact-everything.ts'
import { callerOf } from '../../../test/support/points/query-client.ts'
import { addSeries } from '../../../test/support/points/stored-series.ts'
import type { LogSeries } from '../../../test/support/postgres/log-database.ts'
import { defaultLimits } from '../limits.ts'
import { preview } from './preview.ts'

const BEGIN = monthStart('2026-05-01') + 10 * DAY
const at = (minute: number): Micros => BEGIN + minute * MINUTE
const zigzag = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 90 : 10))
const curve = [...Array<number>(10).fill(10), ...Array<number>(10).fill(90), ...Array<number>(10).fill(10), ...zigzag]

let log: LogArchive
let series: LogSeries
beforeAll(async () => {
  log = await openLogArchive(['2026-05-01', '2026-06-01'])
  series = { id: await addSeries(log.db, log.tenant, { service: 'past', type: 'cpu_usage', unit: '1' }), block: 0 }
  await log.write(curve.map((value, i) => [series, at(i), value]))
})
afterAll(async () => await log.close())

const ask = async (rule: object = {}, minutes = 29) =>
  await preview(
    { db: log.open('metrics-query'), archive: openArchive(log.store, defaultLimits), limits: defaultLimits },
    callerOf(log.tenant),
    AlertPreviewRequest.parse({
      rule: {
        name: 'r',
        service_name: 'past',
        metric_type: 'cpu_usage',
        threshold_type: 'absolute',
        threshold_value: 80,
        comparison_operator: '>',
        severity: 'warning',
        evaluation_window_seconds: 60,
        ...rule,
      },
      start_time: formatTimestamp(at(0)),
      end_time: formatTimestamp(at(minutes)),
    }),
  )
const times = ({ events }: Awaited<ReturnType<typeof ask>>) => events.map((e) => [e.triggered_at, e.resolved_at])
const between = (from: number, to: number) => [formatTimestamp(at(from)), formatTimestamp(at(to))]

async function expectAllOfIt(): Promise<void> {
  const plain = await ask()
  expect(plain).toMatchObject({ evaluations: 30, flapping: false })
  expect(times(plain)).toEqual([between(10, 20)])
  expect(plain.events[0]).toMatchObject({
    metric_value: 90,
    resolution_method: 'auto',
    message: 'past - cpu_usage: 90.00 > 80.00',
  })
  expect(plain.transitions).toEqual([
    { at: formatTimestamp(at(10)), from: 'normal', to: 'firing', value: 90, group: null },
    { at: formatTimestamp(at(20)), from: 'firing', to: 'normal', value: 10, group: null },
  ])
  expect(times(await ask({ for_seconds: 300 }))).toEqual([between(15, 20)])
  expect(times(await ask({ for_seconds: 900 }))).toEqual([])
  expect(times(await ask({ recover_seconds: 180 }))).toEqual([between(10, 23)])
  const wild = await ask({}, 41)
  expect([wild.flapping, wild.events.length]).toEqual([true, 7])
  expect((await ask({ recover_value: 5 }, 41)).events).toMatchObject([{ resolved_at: null }])
  expect(times(await ask({ threshold_type: 'percentage', threshold_value: 700 }))).toEqual([between(10, 11)])
}

describe('a preview', { timeout: 60_000 }, () => {
  it('opens and closes events like the evaluator, from the log', expectAllOfIt)

  it('finds the same in an archived month', async () => {
    await compactEverything(log.open('compaction'))
    await passTheGate(log.deps.db)
    await archiveMonth(log.deps, { tenantId: log.tenant, month: '2026-05-01' })
    expect(await log.stored()).toEqual([])
    await expectAllOfIt()
  })

  it('refuses several units and a rule that is too wide', async () => {
    const other = {
      id: await addSeries(log.db, log.tenant, { service: 'past', type: 'cpu_usage', unit: 'x' }),
      block: 0,
    }
    await log.write([[other, at(3), 1]])
    await expect(ask()).rejects.toMatchObject({ kind: { slug: 'ambiguous_unit' }, errors: [{ pointer: '/rule/unit' }] })
    expect(times(await ask({ unit: '1' }))).toEqual([between(10, 20)])
  })
})

it.each([
  [{ end_time: formatTimestamp(at(-1)) }, 'end_time'],
  [{ end_time: formatTimestamp(at(10_000)) }, 'end_time'],
  [{ step_seconds: 9 }, 'step_seconds'],
  [{ rule: { threshold_value: -1 } }, 'rule'],
])('refuses %j', (more, field) => {
  const rule = {
    name: 'r',
    service_name: 's',
    metric_type: 'm',
    threshold_type: 'absolute',
    threshold_value: 1,
    comparison_operator: '>',
    severity: 'info',
  }
  const range = { start_time: formatTimestamp(at(0)), end_time: formatTimestamp(at(9_999)) }
  expect(AlertPreviewRequest.safeParse({ rule, ...range }).success).toBe(true)
  const result = AlertPreviewRequest.safeParse({ rule, ...range, ...more })
  expect(result.error?.issues[0]?.path[0]).toBe(field)
})
