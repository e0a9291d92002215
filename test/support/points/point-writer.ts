// A writer of single points that follows the write path's protocol, for tests of concurrent operations.
import { WRITE_LOCK } from '@penstock/shared/base/locks.ts'
import { Client } from 'pg'
import type { TestDatabase } from '../postgres/database.ts'

export interface PointWriter {
  /** Stores or defers a point, depending on its month's state, and returns which. The point is accepted when this resolves. */
  write(point: WrittenPoint): Promise<'stored' | 'deferred'>
  end(): Promise<void>
}

export interface WrittenPoint {
  readonly series: number
  /** In PostgreSQL's syntax, with its zone. */
  readonly ts: string
  readonly value: number
}

/** Connects with the ingest function's role. */
export async function connectWriter(db: TestDatabase, tenant: number): Promise<PointWriter> {
  const client = new Client({ connectionString: db.urlOf('metrics-ingest') })
  await client.connect()
  const store = `
    insert into metric_point (tenant_id, series_id, ts, value) values ($1, $2, $3, $4)
    on conflict (series_id, ts) do update set value = excluded.value
      where metric_point.value is distinct from excluded.value`
  const defer = 'insert into deferred_point (tenant_id, series_id, ts, value) values ($1, $2, $3, $4)'
  return {
    async write({ series, ts, value }) {
      await client.query(`begin; set local app.tenant_id = '${tenant}'`)
      try {
        await client.query('select pg_advisory_xact_lock_shared($1)', [WRITE_LOCK])
        const { rows } = await client.query<{ live: boolean }>(
          `select exists (
             select from metric_month
             where state = 'live' and month = date_trunc('month', $1::timestamptz, 'UTC') at time zone 'UTC'
           ) as live`,
          [ts],
        )
        const live = rows[0]?.live ?? false
        await client.query(live ? store : defer, [tenant, series, ts, value])
        await client.query('commit')
        return live ? 'stored' : 'deferred'
      } catch (error) {
        await client.query('rollback')
        throw error
      }
    },
    async end() {
      await client.end()
    },
  }
}

/** Connects a writer that stays in the middle of its transaction until it is ended. */
export async function connectStuckWriter(db: TestDatabase): Promise<Client> {
  const client = new Client({ connectionString: db.urlOf('metrics-ingest') })
  await client.connect()
  await client.query('set idle_in_transaction_session_timeout = 0')
  await client.query(`begin; select pg_advisory_xact_lock_shared(${WRITE_LOCK})`)
  return client
}
