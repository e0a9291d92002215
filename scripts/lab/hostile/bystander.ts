// Another tenant, with rows in every table of a slice, which no request of the attacked tenant may change.
import type { Client } from 'pg'
import type { DeclaredTable } from '../../database/slice-data.ts'
import { plantRows } from '../../deploy/plant-rows.ts'
import type { World } from './world.ts'

const NAME = 'bystander'
/** Tables of shared rooms whose rows no job moves. */
const AT_REST = ['metric_series', 'idempotency_key']
const isUntouched = (table: DeclaredTable): boolean =>
  (isOfSlice(table) && !MOVED_BY_JOBS.includes(table.owner)) || AT_REST.includes(table.name)

/** Slices whose jobs change rows of every tenant: they evaluate rules, and seal entries. */
const MOVED_BY_JOBS = ['functions/alerts', 'functions/audit']

/** Returns true for a table that a slice owns, and not a room of `shared`. */
const isOfSlice = ({ owner }: DeclaredTable): boolean => owner.startsWith('functions/')

/** Plants rows for the attacked tenant in the slices' tables, because its valid requests refer to them. */
export async function plantOwn(client: Client, { tenant, monthMs }: Pick<World, 'tenant' | 'monthMs'>): Promise<void> {
  const { rows } = await client.query<{ id: number }>('select id from tenant where name = $1', [tenant])
  await plantRows(client, { tenant: rows[0]?.id ?? -1, n: 2, monthMs, only: isOfSlice })
}

/** Makes the tenant and its rows. `monthMs` is the first instant of a month, in milliseconds since 1970. */
export async function createBystander(client: Client, monthMs: number): Promise<void> {
  const { rows } = await client.query<{ id: number }>(
    'insert into tenant (name, series_count) values ($1, 1) returning id',
    [NAME],
  )
  await plantRows(client, { tenant: rows[0]?.id ?? -1, n: 1, monthMs, only: isUntouched })
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
