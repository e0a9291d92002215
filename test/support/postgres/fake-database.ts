// A stand-in for a database in tests of the code in front of it: it knows one key, and runs no statement.

import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { type UnitKind, unitsOf } from '@penstock/shared/database/units.ts'

export interface FakeDatabase extends PenstockDatabase {
  healthy: boolean
  /** Number of look-ups of a key. */
  asked: number
  closed: boolean
}

/** Every well-formed key is treated as the described one, a row of `authenticate_api_key`. */
export function fakeDatabase(key: {
  readonly tenant_id: number | null
  readonly scopes: readonly string[]
}): FakeDatabase {
  const row = {
    tenant_name: 'acme',
    tenant_status: 'active',
    series_limit: 100_000,
    ignored_labels: [],
    expires_at: null,
    revoked_at: null,
    ...key,
  }
  const fake: FakeDatabase = {
    healthy: true,
    asked: 0,
    closed: false,
    ...unitsOf(async <T>({ tenantId }: UnitKind) => {
      if (tenantId !== null) throw new Error('the front asks nothing of a tenant')
      fake.asked++
      return row as T
    }),
    async pipelineInTenant() {
      throw new Error('the front asks nothing of a tenant')
    },
    async readInOneTrip() {
      throw new Error('the front asks nothing of a tenant')
    },
    async isHealthy() {
      return this.healthy
    },
    async close() {
      this.closed = true
    },
  }
  return fake
}
