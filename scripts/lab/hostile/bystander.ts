// Another tenant, with rows in every table, which no request of the attacked tenant may change.
import type { Client } from 'pg'

const NAME = 'bystander'

/** Makes the tenant and its rows. Its points are in the month of this instant (milliseconds since 1970), which must be live. */
export async function createBystander(client: Client, monthMs: number): Promise<void> {
  const { rows } = await client.query<{ id: number }>(
    'insert into tenant (name, series_count) values ($1, 3) returning id',
    [NAME],
  )
  const tenant = [rows[0]?.id ?? -1]
  await client.query(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
     select $1, 'pump-' || n, 'temperature', 'C', '{"room":"2"}', sha256(('bystander ' || n)::bytea) from generate_series(0, 2) n`,
    tenant,
  )
  await client.query(
    `insert into metric_point (tenant_id, series_id, ts, value)
     select $1, s.id, to_timestamp($2) + n * interval '1 minute', n from metric_series s, generate_series(1, 100) n where s.tenant_id = $1`,
    [...tenant, monthMs / 1000],
  )
  await client.query(
    `insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload)
     values ($1, 'pubsub:other', '1', 'not_json', 'kept', 'application/json', '\\x00')`,
    tenant,
  )
  await client.query(
    `insert into backfill_job (tenant_id, id, job_type, start_block, end_block, current_block)
     values ($1, '11111111-0000-4000-8000-000000000001', 'theirs', 0, 9, 0)`,
    tenant,
  )
  await client.query(
    `insert into idempotency_key (tenant_id, key, payload_sha256, verdicts, expires_at)
     values ($1, 'key-1', sha256('x'), '{}', now() + interval '1 day')`,
    tenant,
  )
  await client.query(
    `insert into insight_feedback (tenant_id, insight_id, user_id, rating, comment)
     select $1, 'insight-' || n, 'user-' || n, 1 + n, 'kept' from generate_series(0, 4) n`,
    tenant,
  )
}

/** Returns the tenant's rows of every table with a tenant, as text: equal before and after. */
export async function bystanderRows(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attname = 'tenant_id'
     order by 1`,
  )
  const texts: string[] = []
  for (const { name } of rows) {
    const found = await client.query<{ text: string | null }>(
      `select string_agg(x::text, E'\\n' order by x::text) as text from ${client.escapeIdentifier(name)} x
       where tenant_id = (select id from tenant where name = $1)`,
      [NAME],
    )
    texts.push(`${name}:\n${found.rows[0]?.text ?? ''}`)
  }
  // Retention notes when it counted a tenant's series, which is its work for every tenant.
  const tenant = await client.query<{ text: string }>(
    `select (to_jsonb(t) - 'series_counted_at')::text as text from tenant t where name = $1`,
    [NAME],
  )
  return [tenant.rows[0]?.text, ...texts].join('\n')
}
