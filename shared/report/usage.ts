// Counts what tenants use, between two reports of an instance.
import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'

/** The columns of usage_day that instances count. */
export interface Usage {
  readonly requests: number
  readonly requests_refused: number
  readonly points_refused: number
  readonly series_refused: number
  readonly points_accepted: number
  readonly points_rejected: number
  readonly bytes_in: number
  readonly bytes_out: number
}

export type UsageByTenant = ReadonlyMap<number, Usage>

export interface UsageCounter {
  add(tenantId: number, more: Partial<Usage>): void
  /** Returns what was counted since the last call, and starts again at zero. */
  take(): UsageByTenant
}

const NOTHING: Usage = {
  requests: 0,
  requests_refused: 0,
  points_refused: 0,
  series_refused: 0,
  points_accepted: 0,
  points_rejected: 0,
  bytes_in: 0,
  bytes_out: 0,
}
const COLUMNS = Object.keys(NOTHING) as (keyof Usage)[]
/** Maximum tenants between two reports. What further tenants use is not counted. */
const MAX_TENANTS = 20_000

export function countUsage(): UsageCounter {
  let tenants = new Map<number, { -readonly [K in keyof Usage]: number }>()
  return {
    add(tenantId, more) {
      let counted = tenants.get(tenantId)
      if (!counted) {
        if (tenants.size >= MAX_TENANTS) return
        counted = { ...NOTHING }
        tenants.set(tenantId, counted)
      }
      for (const column of COLUMNS) counted[column] += more[column] ?? 0
    },
    take() {
      const taken = tenants
      tenants = new Map()
      return taken
    },
  }
}

/** Adds what was counted to the tenants' rows of the day. Not safe to repeat: a second call counts again. */
export async function addUsage(tx: Transaction<Database>, counted: UsageByTenant): Promise<void> {
  if (counted.size === 0) return
  const rows = [...counted].map(([tenantId, usage]) => ({ tenant_id: tenantId, ...usage }))
  await sql`select add_usage(${JSON.stringify(rows)}::jsonb)`.execute(tx)
}
