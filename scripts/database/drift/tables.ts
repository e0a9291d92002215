// Compares row security, owners and indexes of tables and partitions.
import type { Client } from 'pg'
import { MONTHS, OWNER, type RolePlan, wantedDefiners, wantedPolicies } from '../roles.ts'
import { notOfExtension } from '../schema-description.ts'

/** Returns deviations that endanger a tenant's rows or a query's speed. */
export async function tableDrift(client: Client, plan: RolePlan): Promise<readonly string[]> {
  return [
    ...(await securityDrift(client)),
    ...(await policyDrift(client, plan)),
    ...(await ownerDrift(client, plan)),
    ...(await indexDrift(client)),
    ...(await triggerDrift(client)),
  ]
}

async function securityDrift(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; enabled: boolean }>(
    `select c.relname as name, c.relrowsecurity as enabled from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
       and (c.relname = 'tenant' or exists (
         select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
     order by 1`,
  )
  return rows.map(({ name, enabled }) => `row security: ${enabled ? 'not forced' : 'not enabled'} on ${name}`)
}

/** Compares the policies of maintenance roles; the tenants' own are part of the schema. */
async function policyDrift(client: Client, plan: RolePlan): Promise<readonly string[]> {
  const { rows } = await client.query<{ pair: string; right: boolean }>(
    `select substr(policyname, length('all_rows_') + 1) || ' ' || tablename as pair,
       permissive = 'PERMISSIVE' and cmd = 'ALL' and qual = 'true' and with_check is null
         and roles = array[substr(policyname, length('all_rows_') + 1)::name] as right
     from pg_policies where schemaname = 'public' and policyname like 'all\\_rows\\_%' order by 1`,
  )
  const { rows: secured } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity`,
  )
  const tables = new Set(secured.map((row) => row.name))
  const wanted = [...wantedPolicies(plan)].filter((pair) => tables.has(pair.split(' ')[1] ?? ''))
  const present = new Map(rows.map((row) => [row.pair, row.right]))
  return [
    ...wanted.flatMap((pair) =>
      present.get(pair) ? [] : `row security: ${pair.replace(' ', ' does not see every row of ')}`,
    ),
    ...[...present.keys()].flatMap((pair) =>
      wanted.includes(pair) ? [] : `row security: ${pair.replace(' ', ' sees every row of ')}`,
    ),
  ]
}

async function ownerDrift(client: Client, plan: RolePlan): Promise<readonly string[]> {
  const definers = wantedDefiners(plan)
  const { rows } = await client.query<{ name: string; owner: string; wanted: string }>(
    `select c.relname as name, pg_get_userbyid(c.relowner) as owner, w.owner as wanted from pg_class c
       cross join lateral (select case when c.relname ~ '^metric_(chunk|hour)(_[0-9]{4}(_[0-9]{2})?)?$' or exists (
         select from pg_inherits i where i.inhrelid = c.oid and i.inhparent in ('metric_chunk'::regclass, 'metric_hour'::regclass)
       ) then $4::text else $1::text end as owner) w
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'S', 'v', 'm')
         and c.relowner <> w.owner::regrole and ${notOfExtension('c')}
     union all
     select p.proname, pg_get_userbyid(p.proowner), d.owner from unnest($2::text[], $3::text[]) d (signature, owner)
       join pg_proc p on p.oid = d.signature::regprocedure and p.proowner <> d.owner::regrole
     order by 1`,
    [OWNER, definers.map(({ signature }) => signature), definers.map(({ owner }) => owner), MONTHS],
  )
  return rows.map(({ name, owner, wanted }) => `owners: ${name} belongs to ${owner}, not ${wanted}`)
}

async function indexDrift(client: Client): Promise<readonly string[]> {
  const { rows: indexes } = await client.query<{ name: string; table: string }>(
    `select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as table
     from pg_index i join pg_class c on c.oid = i.indrelid
     where c.relnamespace = 'public'::regnamespace and not i.indisvalid order by 1`,
  )
  const { rows: pending } = await client.query<{ name: string }>(
    'select inhrelid::regclass::text as name from pg_inherits where inhdetachpending order by 1',
  )
  return [
    ...indexes.map(({ name, table }) => `indexes: ${name} on ${table} is not valid`),
    ...pending.map(({ name }) => `partitions: the detach of ${name} was interrupted`),
  ]
}

async function triggerDrift(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; table: string }>(
    `select t.tgname as name, t.tgrelid::regclass::text as table from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'public'::regnamespace and not t.tgisinternal and t.tgenabled <> 'O' order by 2, 1`,
  )
  return rows.map(({ name, table }) => `triggers: ${name} on ${table} does not fire for every change`)
}
