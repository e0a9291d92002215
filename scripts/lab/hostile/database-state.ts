// Checks the database: parts that must not change, and rules for every row.
import type { Client } from 'pg'
import { bystanderRows } from './bystander.ts'

/** State that the attack must not change: another tenant's rows, tables, row security, policies, grants, functions, roles. */
export interface Untouchable {
  readonly bystander: string
  readonly catalogue: string
}

export async function readUntouchable(client: Client): Promise<Untouchable> {
  const bystander = await bystanderRows(client)
  return { bystander, catalogue: await catalogueOf(client) }
}

/** Returns everything that has changed or breaks a rule, as sentences. */
export async function databaseDamage(client: Client, before: Untouchable): Promise<readonly string[]> {
  const after = await readUntouchable(client)
  const damage: string[] = []
  if (after.bystander !== before.bystander) damage.push('rows of another tenant have changed')
  if (after.catalogue !== before.catalogue)
    damage.push(`the catalogue has changed: ${difference(before.catalogue, after.catalogue)}`)
  for (const [rule, query] of Object.entries(brokenRows)) {
    const { rows } = await client.query<{ count: number; example: string | null }>(
      `select count(*)::int as count, min(broken::text) as example from (${query}) broken`,
    )
    if (rows[0] && rows[0].count > 0)
      damage.push(`${rows[0].count} rows break a rule (${rule}), such as ${rows[0].example}`)
  }
  return damage
}

/** Partitions are made and dropped by a job, so each is checked against its rules instead. */
const CATALOGUE = `
  select concat_ws(' ', 'relation', relname, relkind, relrowsecurity, relforcerowsecurity, relacl)
    from pg_class where relnamespace = 'public'::regnamespace and not relispartition
  union all select concat_ws(' ', 'policy', tablename, policyname, qual, with_check, roles) from pg_policies where schemaname = 'public'
  union all select concat_ws(' ', 'function', oid::regprocedure, proowner::regrole, proacl) from pg_proc where pronamespace = 'public'::regnamespace
  union all select concat_ws(' ', 'role', rolname, rolsuper, rolconnlimit, rolcanlogin, rolbypassrls) from pg_roles
  union all select concat_ws(' ', 'schema', nspname) from pg_namespace where nspname !~ '^pg_(toast_)?temp_'
  union all select concat_ws(' ', 'database', datname) from pg_database
  union all select concat_ws(' ', 'extension', extname) from pg_extension`

async function catalogueOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ line: string }>(`select line from (${CATALOGUE}) c (line) order by 1`)
  return rows.map((row) => row.line).join('\n')
}

function difference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const gone = old.filter((line) => !now.includes(line)).map((line) => `- ${line}`)
  return [...gone, ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`)].slice(0, 5).join('; ')
}

/** Queries for rows that break a rule which no request may break. */
const brokenRows: Readonly<Record<string, string>> = {
  'a value is finite and at most 1e150': `select * from stored_point p where not (value between -1e150 and 1e150)`,
  'an instant is from 2010 on and at most a day ahead': `select * from stored_point p where not (ts >= '2010-01-01' and ts <= now() + interval '1 day')`,
  'a point has a series of its own tenant': `select p.* from stored_point p left join metric_series s on s.id = p.series_id where s.tenant_id is distinct from p.tenant_id`,
  'negative zero is zero': `select * from stored_point p where value = 0 and value::text = '-0'`,
  'labels are an object of at most 4 KiB': `select id, tenant_id from metric_series where jsonb_typeof(labels) <> 'object' or octet_length(labels::text) > 2 * 4096`,
  'a tenant has as many series as it is said to': `select t.name, t.series_count from tenant t where series_count <> (select count(*) from metric_series s where s.tenant_id = t.id and s.active) or series_count > series_limit`,
  'nobody makes tenants': `select name from tenant where name not in ('hostile', 'bystander')`,
  'nobody makes keys': `select id from api_key where user_id is null and tenant_id is null offset 1`,
  'a dead letter belongs to the tenant or to none': `select d.id from dead_letter d left join tenant t on t.id = d.tenant_id where t.name = 'bystander' and d.message_id <> '1'`,
  'a partition has row security and no grants': `
    select relname from pg_class where relispartition and relkind = 'r' and relnamespace = 'public'::regnamespace
      and (not (relrowsecurity and relforcerowsecurity) or exists (select from aclexplode(relacl) where grantee <> relowner))`,
  'a range is one of its job, and was handed out': `select l.job_id, l.start_block from backfill_lease l join backfill_job j on (j.tenant_id, j.id) = (l.tenant_id, l.job_id) where l.start_block < j.start_block or l.end_block > j.end_block or l.end_block >= j.next_block or l.fencing_token > j.fencing_token`,
  'no block is in two ranges': `select a.job_id, b.start_block from backfill_lease a join backfill_lease b on (a.tenant_id, a.job_id) = (b.tenant_id, b.job_id) and a.start_block < b.start_block and b.start_block <= a.end_block`,
  'every table is attached': `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and not relispartition and relname ~ '_\\d{4}_?\\d\\d$'`,
  'no job runs for ever': `select id, job from job_run where finished_at is null`,
  'no index is broken': `select indexrelid::regclass from pg_index where not indisvalid or not indisready`,
}
