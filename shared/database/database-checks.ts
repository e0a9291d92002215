// Checks that a function makes of the database before its first unit of work. An owner of tables, for example, is not bound by row
// security.
import { type Kysely, sql } from 'kysely'
import type { Database } from '../schema/index.ts'

/** The newest migration that this release's code needs. */
const NEEDED_MIGRATION = '0040-log-and-chunks'

/**
 * Resolves when a function may work on the database: its role is neither superuser nor owner nor exempt from row security, row security
 * is forced on every table with a tenant, times are read and written in UTC, the schema is not older than the code, and the log of
 * migrations belongs to this cluster.
 * @throws {Error} with a message that says what is wrong and how to correct it.
 */
export async function verifyDatabase(db: Kysely<Database>): Promise<void> {
  const { rows: roles } = await sql<{ name: string; free: boolean; timezone: string }>`
    select current_user::text as name, (rolsuper or rolbypassrls) as free, current_setting('timezone') as timezone
    from pg_roles where rolname = current_user`.execute(db)
  const role = roles[0]
  if (!role || role.free)
    throw new Error(`role ${role?.name} is not bound by row security: connect as the function's own role`)
  if (role.timezone !== 'UTC')
    throw new Error(`role ${role.name} has the time zone ${role.timezone}, not UTC: run npm run migrate`)

  const { rows: tables } = await sql<{ name: string; owned: boolean; forced: boolean }>`
    select c.relname as name, c.relowner = (select oid from pg_roles where rolname = current_user) as owned,
      c.relrowsecurity and c.relforcerowsecurity as forced
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)`.execute(
    db,
  )
  const owned = tables.find((table) => table.owned)
  if (owned) throw new Error(`role ${role.name} owns ${owned.name}: connect as the function's own role`)
  const open = tables.find((table) => !table.forced)
  if (open)
    throw new Error(`row security is not forced on ${open.name}: run npm run migrate, and find out who changed it`)

  const { rows: migrations } = await sql<{ name: string }>`
    select name from schema_migration where name >= ${NEEDED_MIGRATION} limit 1`.execute(db)
  if (migrations.length === 0) throw new Error(`the schema is older than ${NEEDED_MIGRATION}: run npm run migrate`)

  const { rows: stores } = await sql<{ elsewhere: boolean }>`
    select system_identifier is distinct from (select system_identifier from pg_control_system()) as elsewhere
    from store_state`.execute(db)
  if (stores[0]?.elsewhere)
    throw new Error(
      'the database was restored into another cluster, where transaction numbers start again: run npm run migrate',
    )
}
