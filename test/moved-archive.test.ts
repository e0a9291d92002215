import { DAY, formatTimestamp, HOUR, MINUTE, monthStart } from '@penstock/shared/base/time.ts'
import { openArchive } from '@penstock/shared/reading/archive-reading.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defaultLimits } from '../functions/metrics-query/limits.ts'
import { type MoveDeps, moveLimits } from '../scripts/data/move/move-deps.ts'
import { movePoints } from '../scripts/data/move/move-points.ts'
import { switchStore } from '../scripts/data/move/switch-store.ts'
import { type AdminDatabase, openAdminDatabase } from '../scripts/database/admin-database.ts'
import { OWNER } from '../scripts/database/roles.ts'
import { type ObjectMemory, openObjectMemory } from './support/months/archive-objects.ts'
import { dropPartition, rollUp, setState, writeMonth } from './support/months/moved-months.ts'
import { createQueryClient, type QueryClient } from './support/points/query-client.ts'
import { addPoints, addSeries } from './support/points/stored-series.ts'
import { createTenant } from './support/postgres/database.ts'

// A month of another year than every month that is still rows.
const AWAY = '2025-12-01'
const HERE = monthStart('2026-01-01')
const NOW = HERE + 10 * DAY

let client: QueryClient
let memory: ObjectMemory
let owner: AdminDatabase
let deps: MoveDeps
let tenant: number
beforeEach(async () => {
  memory = openObjectMemory()
  client = await createQueryClient({
    months: [AWAY, '2026-01-01'],
    now: NOW,
    archive: openArchive(memory, defaultLimits),
  })
  tenant = await createTenant(client.database)
  vi.stubEnv('DATABASE_URL', client.database.url)
  owner = await openAdminDatabase({ role: OWNER, statementTimeoutMs: 0 })
  deps = { db: owner, pause: async () => {}, say: () => {}, now: Date.now, limits: moveLimits }
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await owner.close()
  await client.close()
})

const names = { service_name: 'svc', metric_type: 'temp' }
const span = { start_time: formatTimestamp(monthStart(AWAY)), end_time: formatTimestamp(NOW) }

async function answers(): Promise<readonly string[]> {
  const sums = await Promise.all(
    ['hour', 'day'].map(async (interval) =>
      JSON.stringify(await client.aggregate(tenant, { ...span, ...names, interval })),
    ),
  )
  const page = await client.range(tenant, { ...span, limit: 900 })
  return [...sums, page.text]
}

async function archiveMonth(): Promise<void> {
  const id = await addSeries(client.database, tenant, { labels: { s: 1 } })
  const instants = Array.from({ length: 60 }, (_, i) => monthStart(AWAY) + i * 17 * HOUR + MINUTE)
  await addPoints(
    client.database,
    tenant,
    id,
    instants.map((at, i) => [at, i / 4] as const),
  )
  await rollUp(client.database, formatTimestamp(HERE + DAY))
  await writeMonth(client.database, memory, AWAY)
  await dropPartition(client.database, 'metric_point', AWAY)
  await setState(client.database, AWAY, 'dropped')
  // A database that was migrated long before that year has no partition for it.
  await client.database.query('drop table metric_hour_2025')
}

describe('the move of a database with months that objects hold', () => {
  it('changes no answer, and takes the roll-ups of these months along', async () => {
    await archiveMonth()
    const before = await answers()
    await switchStore(deps)
    expect(await answers()).toEqual(before)
    await movePoints(deps)
    expect(await answers()).toEqual(before)
    const [kept] = await client.database.query<{ hours: number; rolled_up: boolean; left: string | null }>(
      `select (select count(*)::int from metric_hour where bucket < '2026-01-01Z') as hours, rolled_up,
         to_regclass('metric_rollup_2025_12')::text as left from archive`,
    )
    expect(kept).toEqual({ hours: 44, rolled_up: true, left: null })
  })
})
