// Compares the migrations of this release with those of the database.
import type { Client } from 'pg'
import type { Migration } from '../migrations.ts'

/** While migrations differ, everything else may differ too, so nothing else is compared. */
export async function migrationDrift(client: Client, migrations: readonly Migration[]): Promise<readonly string[]> {
  const { rows: tables } = await client.query(`select where to_regclass('public.schema_migration') is not null`)
  if (tables.length === 0) return ['migrations: this database was never migrated']
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from schema_migration order by 1',
  )
  const applied = new Map(rows.map((row) => [row.name, row.sha256]))
  const known = new Set(migrations.map((migration) => migration.name))
  return [
    ...migrations.flatMap(({ name, sha256 }) => {
      if (!applied.has(name)) return `migrations: ${name} is not applied`
      return applied.get(name) === sha256 ? [] : `migrations: ${name} was changed after it was applied`
    }),
    ...rows.flatMap(({ name }) =>
      known.has(name) ? [] : `migrations: ${name} is applied, and this release does not know it`,
    ),
  ]
}
