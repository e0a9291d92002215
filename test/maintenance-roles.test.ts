// A function that runs maintenance can become other roles, and even then cannot reach keys, tenants or policies.
import { connectedIn } from '@penstock/shared/database/connection-budget.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleOf } from '../scripts/database/roles.ts'
import { makeLive } from './support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'
import { everyDeployment } from './support/postgres/every-deployment.ts'

const functions = connectedIn('large', everyDeployment)
const makers = functions.filter((name) => everyDeployment.tiers.large.deployments[name]?.months)
const monitors = functions.filter((name) => everyDeployment.tiers.large.deployments[name]?.monitor)
const auditors = functions.filter((name) => everyDeployment.tiers.large.deployments[name]?.auditor)
/** PostgreSQL's roles that read all statistics. */
const STATISTICS = ['pg_monitor', 'pg_stat_scan_tables', 'pg_read_all_stats', 'pg_read_all_settings']
/** As an attacker would: read keys, plant a platform key, open the tables, change what decides who is who. */
const ATTACKS = [
  'select secret_sha256 from api_key',
  'select whole_sha256 from api_key',
  "insert into api_key (id, secret_sha256, scopes) values ('AAAAAAAAAAAA', sha256('x'), array['operate', 'admin'])",
  "update api_key set scopes = array['operate'] where tenant_id is null",
  'alter table api_key no force row level security',
  'alter table api_key disable row level security',
  'alter table tenant disable row level security',
  "update tenant set status = 'active'",
  'create policy mine on api_key using (true)',
  'drop policy tenant_isolation on tenant',
  'alter function authenticate_api_key(text, bytea) rename to mine',
  `create or replace function find_tenant(tenant_name text) returns table (id int, name text, status text, series_limit int, ignored_labels text[])
     language sql as $$ select 1, 'x', 'active', 1, '{}'::text[] $$`,
  'alter table api_key owner to current_user',
  'grant select on api_key to public',
  'create trigger mine after insert on api_key for each row execute function suppress_redundant_updates_trigger()',
  'drop table idempotency_key',
  'truncate tenant cascade',
  'alter table insight_feedback disable row level security',
  'drop table metric_series cascade',
  'alter role penstock_owner login',
  'grant penstock_owner to current_user',
  'set role penstock_admin',
  'set role penstock_authenticator',
  'set role penstock_audit_writer',
  'update audit_entry set actor = null',
]

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await createTenant(db, 'acme')
  await makeLive(db, '2026-11-01')
})
afterAll(async () => await db.drop())

async function as<T>(name: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: db.urlOf(name) })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Every role that a function's role may become, itself first. */
async function becomes(name: string): Promise<readonly string[]> {
  const rows = await db.query<{ role: string }>(
    `with recursive may (role) as (
       select $1::regrole::oid
       union select m.roleid from may join pg_auth_members m on m.member = may.role
     ) select role::regrole::text as role from may`,
    [roleOf(name)],
  )
  return rows.map(({ role }) => role)
}

describe('a function', () => {
  it('becomes the owner of the months where it makes months, a reader of statistics where it monitors, an auditor where it serves the audit log, and nobody else', async () => {
    const roles = await Promise.all(
      functions.map(async (name) => [name, (await becomes(name)).slice(1).toSorted()] as const),
    )
    const expected = (name: string) =>
      [
        ...(makers.includes(name) ? ['penstock_months'] : []),
        ...(monitors.includes(name) ? STATISTICS : []),
        ...(auditors.includes(name) ? ['penstock_auditor'] : []),
      ].toSorted()
    expect(Object.fromEntries(roles)).toEqual(Object.fromEntries(functions.map((name) => [name, expected(name)])))
  })

  it.each(functions)('reaches no key, no tenant and no policy by any role it may take: %s', async (name) => {
    for (const role of await becomes(name)) {
      await as(name, async (client) => {
        for (const attack of ATTACKS) {
          await client.query('begin')
          await client.query(`set local role ${role}`)
          const refused = client.query(attack)
          await expect(refused, `${role}: ${attack}`).rejects.toThrow(
            /permission denied|must be|must have|row-level security/,
          )
          await client.query('rollback')
        }
      })
    }
    expect(await db.query('select from api_key')).toEqual([])
  })
})

describe('the owner of the months', () => {
  it('owns their tables and nothing else', async () => {
    const owned = await db.query<{ name: string }>(
      `select relname as name from pg_class where relowner = 'penstock_months'::regrole and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
       union all select proname from pg_proc where proowner = 'penstock_months'::regrole
       union all select typname from pg_type where typowner = 'penstock_months'::regrole and typtype <> 'c' and typelem = 0
       union all select nspname from pg_namespace where nspowner = 'penstock_months'::regrole order by 1`,
    )
    const names = owned.map(({ name }) => name)
    expect(names.filter((name) => !/^metric_(?:chunk|hour)(?:_\d{4}(?:_\d{2})?)?$/.test(name))).toEqual([])
    for (const table of ['metric_chunk', 'metric_chunk_2026_11', 'metric_hour']) expect(names).toContain(table)
  })

  it('cannot log in, and has no privilege on any other table', async () => {
    const rows = await db.query(
      `select c.relname from pg_class c, aclexplode(c.relacl) a
       where a.grantee = 'penstock_months'::regrole and c.relowner <> 'penstock_months'::regrole
       union all select rolname from pg_roles where rolname = 'penstock_months' and (rolcanlogin or rolcreaterole or rolsuper or rolbypassrls)`,
    )
    expect(rows).toEqual([])
  })

  it.each(makers)('makes, fills, detaches and drops a month under the role of %s', async (name) => {
    await as(name, async (client) => {
      await client.query('begin; set local role penstock_months')
      await client.query(
        `create table metric_chunk_2031_01 (like metric_chunk including all);
         alter table metric_chunk_2031_01 enable row level security, force row level security;
         alter table metric_chunk attach partition metric_chunk_2031_01 for values from ('2031-01-01Z') to ('2031-02-01Z')`,
      )
      await client.query('commit; set role penstock_months')
      await client.query('alter table metric_chunk detach partition metric_chunk_2031_01 concurrently')
      await client.query('drop table metric_chunk_2031_01; reset role')
    })
    expect(await db.query(`select to_regclass('metric_chunk_2031_01') as month`)).toEqual([{ month: null }])
  })
})
