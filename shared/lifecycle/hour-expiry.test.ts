import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LogArchive, openLogArchive } from '../../test/support/months/log-archive.ts'
import { compactEverything, passTheGate } from '../../test/support/points/compact-everything.ts'
import { createTenant } from '../../test/support/postgres/database.ts'
import type { LogPoint } from '../../test/support/postgres/log-database.ts'
import { MINUTE, monthStart } from '../base/time.ts'
import { archiveMonth } from './archive-month.ts'
import { countDueHours, dropHours } from './hour-expiry.ts'

let log: LogArchive
beforeAll(async () => {
  log = await openLogArchive(['2026-03-01', '2026-04-01', '2026-05-01'])
})
afterAll(async () => await log.close())

const MONTHS = ['2026-03-01', '2026-04-01', '2026-05-01']
const call = { cutoff: monthStart('2026-05-20'), deadline: Number.POSITIVE_INFINITY }
const hoursOf = async (tenant: number) =>
  (
    await log.db.query<{ text: string }>(
      `select distinct to_char(bucket at time zone 'UTC', 'YYYY-MM hh24') as text from metric_hour where tenant_id = $1 order by 1`,
      [tenant],
    )
  ).map(({ text }) => text.slice(0, 7))
const marks = async () =>
  new Map(
    (await log.db.query<{ day: string; mark: string }>('select day::text, mark::text from compaction_mark')).map(
      ({ day, mark }) => [day, mark],
    ),
  )
const rolledUp = async () =>
  (
    await log.db.query<{ text: string }>(
      `select month::text || ' ' || rolled_up as text from archive where state = 'verified' order by tenant_id, month`,
    )
  ).map(({ text }) => text)

describe('roll-ups at the end of their time', () => {
  it('go by month, except where chunks need them, and their days and objects say so', async () => {
    const other = await createTenant(log.db)
    for (const tenant of [log.tenant, other]) {
      const series = [await log.series(0, tenant), await log.series(1, tenant)]
      for (const month of MONTHS)
        await log.write(
          series.flatMap((one) =>
            Array.from({ length: 4 }, (_, i): LogPoint => [one, monthStart(month) + i * 20 * MINUTE, i]),
          ),
          tenant,
        )
    }
    await compactEverything(log.open('compaction'))
    await passTheGate(log.deps.db)
    for (const month of MONTHS.slice(0, 2)) await archiveMonth(log.deps, { tenantId: log.tenant, month })
    // The other tenant's April is in chunks still.
    await archiveMonth(log.deps, { tenantId: other, month: '2026-03-01' })
    expect(await hoursOf(log.tenant)).toEqual(['2026-03', '2026-03', '2026-04', '2026-04', '2026-05'])
    expect(await countDueHours(log.deps, log.tenant, call.cutoff)).toBe(8)
    const before = await marks()
    expect(await dropHours(log.deps, log.tenant, { ...call, deadline: 0 })).toEqual({ deleted: 0, more: true })
    expect(await dropHours(log.deps, log.tenant, call)).toEqual({ deleted: 8, more: false })
    expect(await hoursOf(log.tenant)).toEqual(['2026-05'])
    expect(await hoursOf(other)).toEqual(['2026-03', '2026-03', '2026-04', '2026-05'])
    expect(await rolledUp()).toEqual(['2026-03-01 false', '2026-04-01 false', '2026-03-01 true'])
    const after = await marks()
    expect(after.get('2026-03-01')).not.toBe(before.get('2026-03-01'))
    expect(after.get('2026-05-01')).toBe(before.get('2026-05-01'))
    expect(await dropHours(log.deps, other, call)).toEqual({ deleted: 4, more: false })
    expect(await hoursOf(other)).toEqual(['2026-04', '2026-05'])
    expect(await rolledUp()).toEqual(['2026-03-01 false', '2026-04-01 false', '2026-03-01 false'])
    expect(await dropHours(log.deps, other, call)).toEqual({ deleted: 0, more: false })
  })
})
