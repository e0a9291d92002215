// Promise 4: no tenant sees another's row. Enforced by the database, whatever a function does on its few connections.
import fc from 'fast-check'
import { sql } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLive } from './support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'

let db: TestDatabase
let tenants: number[]
beforeAll(async () => {
  db = await createTestDatabase()
  tenants = [await createTenant(db), await createTenant(db), await createTenant(db)]
  await makeLive(db, '2026-11-01')
  for (const [i, tenant] of tenants.entries()) {
    await db.query(
      `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256) values ($1, 's', 't', 'u', '{}', sha256($2))`,
      [tenant, `${tenant}`],
    )
    await db.query(`insert into metric_point values ($1, $2, '2026-11-10', $3)`, [tenant, i + 1, tenant])
    await db.query(`insert into metric_rollup values ($1, $2, '2026-11-10', 1, $3, $3, $3)`, [tenant, i + 1, tenant])
    await db.query(`insert into rollup_invalidation (tenant_id, series_id, bucket) values ($1, $2, '2026-11-10')`, [
      tenant,
      i + 1,
    ])
    await db.query('insert into answer_version values ($1, 1)', [tenant])
    await db.query(`insert into deferred_point (tenant_id, series_id, ts, value) values ($1, $2, '2020-11-10', 1)`, [
      tenant,
      i + 1,
    ])
    await db.query(`insert into idempotency_key values ($1, 'k', sha256('x'), '{}', now() + interval '1 hour')`, [
      tenant,
    ])
    await db.query(
      `insert into backfill_job (tenant_id, id, job_type, start_block, end_block, current_block) values ($1, gen_random_uuid(), 't', 0, 9, 0)`,
      [tenant],
    )
    await db.query(
      `insert into backfill_lease (tenant_id, job_id, start_block, end_block, state, fencing_token, worker, lease_seconds, expires_at)
       select tenant_id, id, 0, 9, 'leased', 1, 'w', 60, now() from backfill_job where tenant_id = $1`,
      [tenant],
    )
    await db.query(`insert into insight_feedback (tenant_id, insight_id, user_id, rating) values ($1, 'i', 'u', 1)`, [
      tenant,
    ])
    await db.query(
      `insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload) values ($1, 's', 'm', 'r', 'd', 'c', 'p')`,
      [tenant],
    )
  }
})
afterAll(async () => await db.drop())

/** Tables that a function may read, with the column that determines their rows' tenant. */
const readable = {
  'metrics-query': [
    'answer_version',
    'metric_point',
    'metric_rollup',
    'rollup_invalidation',
    'metric_series',
    'tenant',
  ],
  'metrics-ingest': ['metric_point', 'metric_series', 'tenant', 'idempotency_key'],
  backfill: ['backfill_job', 'backfill_lease', 'idempotency_key'],
  feedback: ['insight_feedback', 'insight_version', 'tenant', 'idempotency_key'],
} as const

type Step = { tenant: number; act: 'read' | 'write' | 'fail' | 'abort' | 'none' }
const steps = fc.array(
  fc.record<Step>({ tenant: fc.nat(2), act: fc.constantFrom('read', 'write', 'fail', 'abort', 'none') }),
  { minLength: 1, maxLength: 25 },
)

describe('tenants over one connection', () => {
  it.each(Object.entries(readable))(
    'see their own rows alone as %s, whatever happened before',
    async (name, tables) => {
      const database = db.openAs(name, { poolSize: 1 })
      const seen = async (tenant: number | null, table: string) => {
        const column = sql.ref(table === 'tenant' ? 'id' : 'tenant_id')
        const ask = sql<{ tenant: number }>`select distinct ${column} as tenant from ${sql.table(table)}`
        const unit =
          tenant === null ? database.writeAll((tx) => ask.execute(tx)) : database.write(tenant, (tx) => ask.execute(tx))
        return (await unit).rows.map((row) => row.tenant)
      }
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          for (const { tenant: i, act } of sequence) {
            const tenant = tenants[i] ?? 0
            if (act === 'fail') await database.write(tenant, (tx) => sql`select 1/0`.execute(tx)).catch(() => {})
            if (act === 'abort') await database.write(tenant, () => Promise.reject(new Error('gone'))).catch(() => {})
            if (act === 'write' && name === 'metrics-ingest') {
              const other = tenants[(i + 1) % 3] ?? 0
              const write = database.write(tenant, (tx) =>
                sql`insert into metric_point values (${other}, 1, now(), 1)`.execute(tx),
              )
              await expect(write).rejects.toThrow(/row-level security/)
            }
            for (const table of tables) {
              expect(await seen(null, table)).toEqual([])
              if (act !== 'none') expect(await seen(tenant, table)).toEqual([tenant])
            }
          }
        }),
        { numRuns: 15 },
      )
      await database.close()
    },
  )

  it('cannot be changed or taken by naming them', async () => {
    const database = db.openAs('metrics-ingest')
    const [mine = 0, theirs = 0] = tenants
    await database.write(mine, async (tx) => {
      const updated = await tx
        .updateTable('tenant')
        .set({ series_count: 99 })
        .where('id', '=', theirs)
        .executeTakeFirst()
      expect(updated.numUpdatedRows).toBe(0n)
    })
    const point = database.write(mine, (tx) =>
      sql`insert into metric_point values (${mine}, 2, '2026-11-10', 5) on conflict (series_id, ts) do update set value = excluded.value`.execute(
        tx,
      ),
    )
    await expect(point).rejects.toThrow(/row-level security/)
    await database.close()
  })
})

describe('a function of the data path', () => {
  const names = ['metrics-ingest', 'metrics-ingest-pubsub', 'metrics-query', 'backfill', 'feedback']
  const as = async (name: string, work: (client: Client) => Promise<void>) => {
    const client = new Client({ connectionString: db.urlOf(name) })
    await client.connect()
    try {
      await work(client)
    } finally {
      await client.end()
    }
  }

  it.each(names)('is refused a partition that it names directly: %s', async (name) => {
    await as(name, async (client) => {
      await client.query(`set app.tenant_id = '${tenants[0]}'`)
      await expect(client.query('select * from metric_point_2026_11')).rejects.toThrow(/permission denied/)
      await expect(client.query('select * from metric_rollup_2026_11')).rejects.toThrow(/permission denied/)
      await expect(client.query('insert into metric_point_2026_11 values (1, 1, now(), 1)')).rejects.toThrow(
        /permission denied/,
      )
    })
  })

  it.each(names)('cannot list keys, take a role, or switch row security off: %s', async (name) => {
    await as(name, async (client) => {
      for (const forbidden of [
        'select * from api_key',
        'set role penstock_owner',
        'set role penstock_months',
        'set role penstock_admin',
        'alter table metric_point disable row level security',
        'set session authorization postgres',
        'truncate metric_point',
        'delete from metric_point',
      ]) {
        await expect(client.query(forbidden), forbidden).rejects.toThrow(/permission denied|must be owner/)
      }
      await client.query('set row_security = off')
      await expect(client.query('select * from metric_point')).rejects.toThrow(/permission denied|row-level security/)
    })
  })

  it('learns of one key by its secret, and of one tenant by its name, and lists neither', async () => {
    await as('metrics-query', async (client) => {
      expect((await client.query(`select * from authenticate_api_key('nobody', sha256('x'))`)).rows).toEqual([])
      expect((await client.query(`select * from find_tenant('%')`)).rows).toEqual([])
    })
  })
})

describe('every table with a tenant', () => {
  it('has a policy that compares with the setting and takes nothing for an unset one', async () => {
    const without = await db.query(
      `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
         and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
         and not exists (select from pg_policies p where p.tablename = c.relname and p.policyname = 'tenant_isolation' and p.qual ~ 'NULLIF\\(current_setting\\(''app.tenant_id''')`,
    )
    expect(without).toEqual([])
  })
})
