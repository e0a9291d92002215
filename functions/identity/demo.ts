// Demonstrations: each visitor gets a tenant of its own for a day, with something to look at.
import type { IssuedApiKey } from '@penstock/shared/auth/api-key.ts'
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { requestContext } from '@penstock/shared/base/logger.ts'
import { notFound, Problem, tooMany } from '@penstock/shared/base/problem.ts'
import { MINUTE, toWire } from '@penstock/shared/base/time.ts'
import type { TenantScope } from '@penstock/shared/base/wire.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { makeColumns, sortColumns } from '@penstock/shared/points/columns.ts'
import { type NamedPoint, resolveNames, type SeriesResolver } from '@penstock/shared/points/series.ts'
import { writePoints } from '@penstock/shared/points/write-points.ts'
import { LRUCache } from 'lru-cache'
import { type Demo, demoFull } from './demo-contract.ts'
import { addDemoTenant, insertSampleRows } from './demo-queries.ts'
import { insertKey } from './key-queries.ts'

export interface DemoDeps {
  readonly db: PenstockDatabase
  readonly now: () => number
  readonly newId: () => string
  readonly newApiKey: () => IssuedApiKey
  readonly series: SeriesResolver
  /** True where visitors may make demonstrations. */
  readonly isDemo: boolean
  readonly takeDemo: (address: string) => void
}

const HOUR_MS = 3_600_000
const DAY_S = 86_400
const MOST_AN_HOUR = 3
const MOST_A_DAY = 200
const MOST_ADDRESSES = 10_000
/** The limits of the plan `demo`, as in migrations/0102-identity.sql. */
const LIMITS = { requests_per_hour: 600, series: 50 } as const

const SCOPES: readonly TenantScope[] = [
  'alerts:read',
  'alerts:write',
  'backfill:read',
  'backfill:write',
  'feedback:read',
  'feedback:write',
  'metrics:read',
  'metrics:write',
  'productions:read',
  'productions:write',
]

/** Makes the function that counts the demonstrations of an address. @throws {Problem} 429 for a fourth within an hour. */
export function demoRate(now: () => number): (address: string) => void {
  const made = new LRUCache<string, readonly number[]>({ max: MOST_ADDRESSES })
  return (address) => {
    const recent = (made.get(address) ?? []).filter((at) => at > now() - HOUR_MS)
    const [oldest = 0] = recent
    if (recent.length >= MOST_AN_HOUR) {
      const detail = `This address has made ${MOST_AN_HOUR} demonstrations within an hour. Use one of them, or come back later.`
      throw tooMany(detail, Math.max(1, Math.ceil((oldest + HOUR_MS - now()) / 1_000)))
    }
    made.set(address, [...recent, now()])
  }
}

/**
 * Makes a tenant for a visitor, with sample rows and a key that ends after a day. Not safe to repeat: each call makes another tenant.
 * @throws {Problem} 404 where there are no demonstrations; 429 for a fourth of one address within an hour; 503 for more than 200 a day.
 */
export async function createDemo(deps: DemoDeps): Promise<Demo> {
  if (!deps.isDemo)
    throw new Problem(notFound, 'There are no demonstrations here. An operator turns them on by DEMO=1.')
  deps.takeDemo(requestContext.getStore()?.address ?? '')
  const name = `demo-${deps.newId().replaceAll('-', '').slice(0, 12)}`
  const made = await deps.db.writeAll((tx) => addDemoTenant(tx, name, MOST_A_DAY))
  if (!made)
    throw new Problem(demoFull, `There were ${MOST_A_DAY} demonstrations within a day. Come back later.`, {
      retryAfter: HOUR_MS / 1_000,
    })
  const tenant = { id: made.id, name, seriesLimit: LIMITS.series, ignoredLabels: [] }
  await addSamplePoints(deps, tenant)
  const issued = deps.newApiKey()
  await deps.db.write(tenant.id, async (tx) => {
    await insertSampleRows(tx, tenant.id)
    await insertKey(tx, issued, {
      tenantId: tenant.id,
      userId: null,
      name: 'Demonstration',
      scopes: SCOPES,
      expiresInSeconds: DAY_S,
    })
  })
  return { tenant: name, key: issued.key, expires_at: toWire(made.expires_at), limits: LIMITS }
}

const STEP_MINUTES = 10
const POINTS = (24 * 60) / STEP_MINUTES

/** The series of a demonstration, each with a day's curve around a middle. */
const SAMPLES: readonly (NamedPoint & { readonly middle: number; readonly swing: number })[] = [
  { service: 'boiler', type: 'temperature', unit: 'C', labels: '{"room":"1"}', middle: 62, swing: 9 },
  { service: 'boiler', type: 'temperature', unit: 'C', labels: '{"room":"2"}', middle: 58, swing: 7 },
  { service: 'boiler', type: 'pressure', unit: 'bar', labels: '{}', middle: 2.1, swing: 0.3 },
  { service: 'grid', type: 'power', unit: 'kW', labels: '{"site":"north"}', middle: 41, swing: 22 },
]

/** Writes a day of points, every ten minutes up to now. */
async function addSamplePoints({ db, now, series }: DemoDeps, tenant: Tenant): Promise<void> {
  const { ids, blocks } = await resolveNames(series, tenant, SAMPLES)
  const points = makeColumns(SAMPLES.length * POINTS)
  const step = STEP_MINUTES * MINUTE
  const last = Math.floor((now() * 1_000) / step) * step
  for (const [n, { middle, swing }] of SAMPLES.entries()) {
    for (let i = 0; i < POINTS; i++) {
      const place = n * POINTS + i
      points.series[place] = ids[n] ?? 0
      points.block[place] = blocks[n] ?? 0
      points.at[place] = last - (POINTS - 1 - i) * step
      points.value[place] = Math.round((middle + swing * Math.sin((i / POINTS) * 2 * Math.PI + n)) * 100) / 100
    }
  }
  await db.write(tenant.id, (tx) => writePoints(tx, tenant.id, sortColumns(points)))
}
