import { parseTimestamp } from '@penstock/shared/base/time.ts'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { sortColumns } from '@penstock/shared/points/columns.ts'
import { readSeries } from '@penstock/shared/points/read-series.ts'
import { writePoints } from '@penstock/shared/points/write-points.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../scripts/database/migrate.ts'
import { addSeries } from './support/points/stored-series.ts'
import { createServerOfItsOwn, createTenant, type TestDatabase } from './support/postgres/database.ts'
import { everyDeployment } from './support/postgres/every-deployment.ts'
import { toBlockColumns } from './support/postgres/log-database.ts'

const AT = parseTimestamp('2026-11-20T00:00:00Z') ?? 0
const password = 'era'

let db: TestDatabase
beforeAll(async () => {
  db = await createServerOfItsOwn()
  await migrateAgain()
}, 60_000)
afterAll(async () => await db.drop())

const migrateAgain = async () =>
  await migrate({
    url: db.url,
    tier: 'large',
    budget: everyDeployment,
    passwords: { 'metrics-ingest': password, 'metrics-query': password },
  })

function open(functionName: string) {
  const url = new URL(db.urlOf(functionName))
  url.password = password
  return openDatabase(functionName, { url: url.href, ca: undefined, inCloud: false })
}

describe('a database that was restored into another cluster', () => {
  it('is refused until it is migrated, and then new points win over those that were written there before', async () => {
    const tenant = await createTenant(db)
    const series = { id: await addSeries(db, tenant), block: 0 }
    await db.query(
      `insert into metric_log (tenant_id, block, xid, first_ts, last_ts, n, series, ts, value)
       values ($1, 0, '9000000000', '2026-11-20Z', '2026-11-20Z', 1, $2, '{2026-11-20Z}', '{1}')`,
      [tenant, [series.id]],
    )
    await db.query('update store_state set system_identifier = system_identifier - 1')
    const refused = open('metrics-ingest')
    await expect(refused.write(tenant, async () => {})).rejects.toMatchObject({
      kind: { status: 503 },
      cause: { message: expect.stringMatching(/another cluster.*npm run migrate/) },
    })
    await refused.close()

    await db.query(
      `insert into archiving (tenant_id, month, kind, era, xid) values ($1, '2026-05-01', 'archive', 0, '9000000000')`,
      [tenant],
    )
    await migrateAgain()
    expect(await db.query('select era from store_state')).toEqual([{ era: 1 }])
    expect(await db.query('select from archiving')).toEqual([])
    const [writer, reader] = [open('metrics-ingest'), open('metrics-query')]
    const columns = sortColumns(toBlockColumns([[series, AT, 2]]))
    await writer.write(tenant, (tx) => writePoints(tx, tenant, columns))
    const range = { tenantId: tenant, series: [series], from: AT, to: AT }
    const found = await reader.write(tenant, (tx) => readSeries(tx, range))
    expect([...(found.get(series.id)?.value ?? [])]).toEqual([2])
    await writer.close()
    await reader.close()

    await migrateAgain()
    expect(await db.query('select era from store_state')).toEqual([{ era: 1 }])
  })
})
