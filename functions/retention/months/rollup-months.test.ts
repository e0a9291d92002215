import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ArchivedMonths, openArchivedMonths } from '../../../test/support/months/archived-months.ts'
import { dropRollups } from './rollup-months.ts'

let months: ArchivedMonths
beforeAll(async () => {
  months = await openArchivedMonths()
  const tenant = await months.tenant('acme')
  const series = await months.series(tenant, {})
  for (const month of ['2020-01-01', '2020-02-01', '2020-03-01']) {
    const table = `metric_rollup_${month.slice(0, 7).replace('-', '_')}`
    await months.db.query(`create table ${table} (like metric_rollup including all)`)
    await months.db.query(`alter table ${table} owner to penstock_months`)
    await months.db.query(`alter table ${table} enable row level security, force row level security`)
    await months.db.query(
      `alter table metric_rollup attach partition ${table} for values from ('${month}Z') to ('${month}Z'::timestamptz + interval '1 month')`,
    )
    await months.db.query(
      `insert into metric_rollup select $1, $2, $3::timestamptz + i * interval '1 hour', 1, 1, 1, 1 from generate_series(0, 4) i`,
      [tenant, series, `${month}Z`],
    )
    const state = month === '2020-02-01' ? 'dropped' : 'expired'
    await months.db.query('insert into metric_month (month, state) values ($1, $2)', [month, state])
  }
})
afterAll(async () => await months.close())

const call = (cutoff: string, dryRun = false) => ({
  cutoff: Date.parse(cutoff) * 1000,
  dryRun,
  deadline: Number.POSITIVE_INFINITY,
  renew: async () => {},
})
const left = async () =>
  (
    await months.db.query<{ month: string }>(
      `select distinct to_char(bucket, 'YYYY-MM') as month from metric_rollup order by 1`,
    )
  ).map(({ month }) => month)

describe('roll-ups of a month that ended by the cutoff', () => {
  it('stay until the end of the month is as old', async () => {
    expect(await dropRollups(months.deps, call('2020-01-31T23:59:59.999Z'))).toEqual({ deleted: 0, more: false })
  })

  it('are only counted by a dry run, and wait when the time is over', async () => {
    expect(await dropRollups(months.deps, call('2020-02-01T00:00:00Z', true))).toEqual({ deleted: 5, more: false })
    const over = { ...call('2020-02-01T00:00:00Z'), deadline: 0 }
    expect(await dropRollups(months.deps, over)).toEqual({ deleted: 0, more: true })
    expect(await left()).toEqual(['2020-01', '2020-02', '2020-03'])
  })

  it('go when their points have expired, and stay while these are in storage', async () => {
    expect(await dropRollups(months.deps, call('2020-03-31T23:00:00Z'))).toEqual({ deleted: 5, more: false })
    expect(await left()).toEqual(['2020-02', '2020-03'])
    expect(await dropRollups(months.deps, call('2020-04-01T00:00:00Z'))).toEqual({ deleted: 5, more: false })
    expect(await left()).toEqual(['2020-02'])
    const tables = await months.db.query(`select from pg_class where relname like 'metric_rollup_2020__1'`)
    expect(tables).toEqual([])
  })

  it('whose detach was cut short are gone with the next run', async () => {
    await months.db.query(`update metric_month set state = 'expired'`)
    await months.db.query(
      `update pg_inherits set inhdetachpending = true where inhrelid = 'metric_rollup_2020_02'::regclass`,
    )
    await dropRollups(months.deps, call('2020-04-01T00:00:00Z'))
    expect(await months.db.query(`select to_regclass('metric_rollup_2020_02') as found`)).toEqual([{ found: null }])
  })
})
