// The limits of a tenant's plan, and what the tenant uses of them.
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { notFound, overQuota, Problem } from '@penstock/shared/base/problem.ts'
import { DAY, parseTimestamp, toWire } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { invalidRequest } from '@penstock/shared/http/validation.ts'
import type { Limits, UsageAnswer, UsageQuery } from './usage-contract.ts'
import { lockRoom, selectLimits, selectStorage, selectTables, selectUsage, type UsageRow } from './usage-queries.ts'

export interface UsageDeps {
  readonly db: PenstockDatabase
}

/** Returns the limits of the caller's tenant, and what is used of them. */
export async function limits({ db }: UsageDeps, { tenant }: TenantPrincipal): Promise<Limits> {
  const row = await db.read(tenant.id, (tx) => selectLimits(tx, tenant.id))
  if (!row) throw new Problem(notFound, 'Tenant not found')
  return {
    plan: row.plan,
    limits: {
      requests_per_hour: windowOf(row.requests_per_hour, row.requests, row.hour_ends),
      points_per_minute: windowOf(row.points_per_minute, row.points, row.minute_ends),
      series: { used: row.series_count, limit: row.series_limit },
      users: { used: row.users, limit: row.users_limit },
      keys: { used: row.keys, limit: row.keys_limit },
    },
    refused_today: {
      requests: Number(row.requests_refused ?? 0),
      points: Number(row.points_refused ?? 0),
      series: Number(row.series_refused ?? 0),
    },
  }
}

const windowOf = (limit: number | null, used: number, endsAt: string): Limits['limits']['requests_per_hour'] => ({
  limit,
  used,
  remaining: limit === null ? null : Math.max(0, limit - used),
  resets_at: toWire(endsAt),
})

/** Refuses another user or key than the plan has room for; call it in the transaction that adds one. @throws {Problem} 429. */
export async function requireRoom(
  tx: Parameters<typeof lockRoom>[0],
  tenantId: number,
  kind: 'users' | 'keys',
): Promise<void> {
  const room = await lockRoom(tx, tenantId, kind)
  if (room && room.most !== null && room.used >= room.most) throw overQuota(`${room.most} ${kind}`)
}

const COUNTED = ['requests', 'refused', 'points_accepted', 'points_rejected', 'points_refused', 'bytes_in', 'bytes_out']

/** Maximum days of a query. Older days are deleted. */
const MAX_DAYS = 400

/** Returns what the caller's tenant used by day, and what it has stored. @throws {Problem} 422 for more than 400 days. */
export async function usage({ db }: UsageDeps, { tenant }: TenantPrincipal, query: UsageQuery): Promise<UsageAnswer> {
  requireSpan(query)
  const [rows, stored, tables] = await db.read(tenant.id, async (tx) => [
    await selectUsage(tx, tenant.id, { first: query.start_date, last: query.end_date }),
    await selectStorage(tx, tenant.id),
    await selectTables(tx, tenant.id),
  ])
  const days = rows.map((row) => ({ date: row.date, ...figuresOf(row) }))
  return {
    tenant: tenant.name,
    days,
    totals: days.reduce(sum, NOTHING),
    storage: {
      series: stored?.series ?? 0,
      archive_objects: Number(stored?.objects ?? 0),
      archive_points: Number(stored?.points ?? 0),
      archive_bytes: Number(stored?.bytes ?? 0),
      tables: tables.map(({ table, rows: count, bytes }) => ({ table, rows: Number(count), bytes: Number(bytes) })),
    },
    approximate: COUNTED,
  }
}

function requireSpan({ start_date: start, end_date: end }: UsageQuery): void {
  if (start === undefined || end === undefined) return
  const days = ((parseTimestamp(`${end}T00:00:00Z`) ?? 0) - (parseTimestamp(`${start}T00:00:00Z`) ?? 0)) / DAY
  const detail = days < 0 ? 'must not be before start_date' : `must be less than ${MAX_DAYS} days after start_date`
  if (days < 0 || days >= MAX_DAYS) throw invalidRequest([{ pointer: '?end_date', detail }])
}

type Figures = UsageAnswer['totals']

const NOTHING: Figures = {
  requests: 0,
  refused: 0,
  points_accepted: 0,
  points_rejected: 0,
  points_refused: 0,
  bytes_in: 0,
  bytes_out: 0,
}

const figuresOf = (row: UsageRow): Figures => ({
  requests: Number(row.requests),
  refused: Number(row.requests_refused),
  points_accepted: Number(row.points_accepted),
  points_rejected: Number(row.points_rejected),
  points_refused: Number(row.points_refused),
  bytes_in: Number(row.bytes_in),
  bytes_out: Number(row.bytes_out),
})

const sum = (a: Figures, b: Figures): Figures => ({
  requests: a.requests + b.requests,
  refused: a.refused + b.refused,
  points_accepted: a.points_accepted + b.points_accepted,
  points_rejected: a.points_rejected + b.points_rejected,
  points_refused: a.points_refused + b.points_refused,
  bytes_in: a.bytes_in + b.bytes_in,
  bytes_out: a.bytes_out + b.bytes_out,
})
