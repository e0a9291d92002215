// Promise 4: no tenant sees another's row. Enforced by the database, whatever a function does on its few connections.
import fc from 'fast-check'
import { sql } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { declaredTables, grantsOf } from '../scripts/database/slice-data.ts'
import { allDeployments } from '../scripts/deploy/deployments.ts'
import { plantRows } from '../scripts/deploy/plant-rows.ts'
import { makeLive } from './support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'
import { everyDeployment } from './support/postgres/every-deployment.ts'

const MONTH = '2026-11-01'
let db: TestDatabase
let tenants: number[]
let planted: readonly string[]
beforeAll(async () => {
  db = await createTestDatabase()
  tenants = [await createTenant(db), await createTenant(db), await createTenant(db)]
  await makeLive(db, MONTH)
  const client = await db.connect()
  for (const [n, tenant] of tenants.entries())
    planted = await plantRows(client, { tenant, n, monthMs: Date.parse(MONTH) })
  await client.end()
})
afterAll(async () => await db.drop())

/** The deployments that see one tenant at a time, with their slices. */
const dataPath = allDeployments(everyDeployment).flatMap(({ name }) => {
  const { maintenance, pool, slices } = everyDeployment.tiers.large.deployments[name] ?? { maintenance: true }
  return maintenance || pool === 0 ? [] : [{ name, slices }]
})

/** Tables with a tenant that a deployment may read, by its name: from the grants that its role has. */
const readable = dataPath.map(({ name, slices }): [string, readonly string[]] => {
  const read = grantsOf(slices).flatMap((grants) => Object.entries(grants).filter(([, { select }]) => select))
  const withTenant = declaredTables.filter(({ tenant }) => tenant !== null).map((table) => table.name)
  return [name, withTenant.filter((table) => read.some(([other]) => other === table))]
})

type Step = { tenant: number; act: 'read' | 'write' | 'fail' | 'abort' | 'none' }
const steps = fc.array(
  fc.record<Step>({ tenant: fc.nat(2), act: fc.constantFrom('read', 'write', 'fail', 'abort', 'none') }),
  { minLength: 1, maxLength: 25 },
)

describe('tenants over one connection', () => {
  it.each(readable)('see their own rows alone as %s, whatever happened before', async (name, tables) => {
    const database = db.openAs(name, { poolSize: 1, concurrency: 8 })
    const seen = async (tenant: number | null, table: string) => {
      const column = sql.ref(table === 'tenant' ? 'id' : 'tenant_id')
      const ask = sql<{ tenant: number }>`select distinct ${column} as tenant from ${sql.table(table)}`
      const unit =
        tenant === null
          ? database.writeAll(async (tx) => await ask.execute(tx))
          : database.write(tenant, async (tx) => await ask.execute(tx))
      return (await unit).rows.map((row) => row.tenant)
    }
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        for (const { tenant: i, act } of sequence) {
          const tenant = tenants[i] ?? 0
          if (act === 'fail')
            await database.write(tenant, async (tx) => await sql`select 1/0`.execute(tx)).catch(() => {})
          if (act === 'abort') await database.write(tenant, () => Promise.reject(new Error('gone'))).catch(() => {})
          if (act === 'write' && name === 'metrics-ingest') {
            const other = tenants[(i + 1) % 3] ?? 0
            const write = database.write(
              tenant,
              async (tx) =>
                await sql`insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
                  values (${other}, 0, ${MONTH}::timestamptz, ${MONTH}::timestamptz, 1, '{1}', array[${MONTH}::timestamptz], '{1}')`.execute(
                  tx,
                ),
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
  })

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
    const series = database.write(
      mine,
      async (tx) =>
        await sql`insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
          values (${theirs}, 's', 't', 'u', '{}', sha256('x'))`.execute(tx),
    )
    await expect(series).rejects.toThrow(/row-level security/)
    await database.close()
  })
})

describe('a function of the data path', () => {
  const names = dataPath.map(({ name }) => name)
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
      await expect(client.query('select * from metric_chunk_2026_11')).rejects.toThrow(/permission denied/)
      await expect(client.query('delete from metric_chunk_2026_11')).rejects.toThrow(/permission denied/)
    })
  })

  it.each(names)('cannot list keys, take a role, or switch row security off: %s', async (name) => {
    await as(name, async (client) => {
      for (const forbidden of [
        'select * from api_key',
        'set role penstock_owner',
        'set role penstock_months',
        'set role penstock_admin',
        'alter table metric_log disable row level security',
        'set session authorization postgres',
        'truncate metric_log',
        'delete from metric_log',
      ]) {
        await expect(client.query(forbidden), forbidden).rejects.toThrow(/permission denied|must be owner/)
      }
      await client.query('set row_security = off')
      await expect(client.query('select * from metric_log')).rejects.toThrow(/permission denied|row-level security/)
    })
  })

  it('learns of one key by its secret, and of one tenant by its name, and lists neither', async () => {
    await as('metrics-query', async (client) => {
      expect((await client.query(`select * from authenticate_api_key('nobody', sha256('x'))`)).rows).toEqual([])
      expect((await client.query(`select * from find_tenant('%')`)).rows).toEqual([])
    })
  })
})

describe('every table', () => {
  it('is owned by the data.ts of a slice or of a room', async () => {
    const tables = await db.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1`,
    )
    expect(declaredTables.map(({ name }) => name)).toEqual(tables.map(({ name }) => name))
  })

  it.each(declaredTables.map(({ name, tenant, owner }) => ({ name, tenant, owner })))(
    'has the tenant that its owner declares, and then row security that binds its owner too: $name',
    async ({ name, tenant = 'tenant_id', owner }) => {
      const [found] = await db.query<{ columns: string; is_forced: boolean; policies: number }>(
        `select (select string_agg(attname, ',') from pg_attribute where attrelid = c.oid and attname = 'tenant_id') as columns,
           c.relrowsecurity and c.relforcerowsecurity as is_forced,
           (select count(*)::int from pg_policies p where p.tablename = c.relname and p.policyname = 'tenant_isolation') as policies
         from pg_class c where c.oid = $1::regclass`,
        [name],
      )
      const rule = `${owner}/data.ts says how ${name} names its tenant`
      if (tenant === null) return expect(found?.columns, rule).toBe(null)
      if (tenant === 'tenant_id') expect(found?.columns, rule).toBe('tenant_id')
      expect(found, `${name} needs enable and force row level security and the policy tenant_isolation`).toMatchObject({
        is_forced: true,
        policies: 1,
      })
    },
  )

  it.each(declaredTables.filter(({ name, tenant }) => tenant !== null && name !== 'tenant'))(
    'with a tenant has example rows: $name of $owner',
    ({ name }) => expect(planted).toContain(name),
  )
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
