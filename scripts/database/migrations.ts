// Applies migrations/*.sql in order, each once and in its own transaction. A migration whose first line is `-- concurrent` runs outside a
// transaction, and only makes and drops indexes.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Client } from 'pg'
import { createIndex, dropIndex } from './indexes/concurrent-indexes.ts'
import { readIndexStatements } from './indexes/index-statement.ts'

export interface Migration {
  /** The file's name without its ending, such as `0001-tables`. */
  readonly name: string
  readonly sql: string
  readonly sha256: string
}

const CONCURRENT = '-- concurrent\n'
const FOLDER = new URL('../../migrations/', import.meta.url)

/** Returns the migrations of this checkout in the order of their numbers. @throws {Error} when two have the same number. */
export function readMigrations(folder: URL = FOLDER): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file))
    .sort()
  const twice = files.find((file, i) => file.slice(0, 4) === files[i - 1]?.slice(0, 4))
  if (twice !== undefined) throw new Error(`two migrations have the number ${twice.slice(0, 4)}`)
  return files.map((file) => {
    const sql = readFileSync(new URL(file, folder), 'utf8')
    return { name: file.slice(0, -'.sql'.length), sql, sha256: createHash('sha256').update(sql).digest('hex') }
  })
}

/**
 * Applies the pending migrations as the owner role. Safe to repeat; the caller must hold the migration lock.
 * @throws {Error} when an applied migration was changed or is missing here, and with the file's name when one fails: it is rolled back.
 */
export async function applyMigrations(
  client: Client,
  migrations: readonly Migration[],
  log: (line: string) => void,
): Promise<void> {
  const applied = await appliedMigrations(client)
  refuseDifferentHistory(migrations, applied)
  for (const migration of migrations) {
    if (applied.has(migration.name)) continue
    if (migration.sql.startsWith(CONCURRENT)) await applyConcurrently(client, migration, log)
    else await applyOne(client, migration)
    log(`migrated: ${migration.name}`)
  }
}

async function appliedMigrations(client: Client): Promise<Map<string, string>> {
  await client.query('begin')
  await client.query('set local role penstock_owner')
  await client.query(`
    create table if not exists schema_migration (
      name text primary key,
      sha256 text not null,
      applied_at timestamptz not null default now()
    )`)
  const { rows } = await client.query<{ name: string; sha256: string }>('select name, sha256 from schema_migration')
  await client.query('commit')
  return new Map(rows.map((row) => [row.name, row.sha256]))
}

function refuseDifferentHistory(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration.sha256]))
  for (const [name, sha256] of applied) {
    if (!known.has(name))
      throw new Error(`the database has migration ${name}, which this release does not know: use a newer release`)
    if (known.get(name) !== sha256)
      throw new Error(`migration ${name} was changed after it was applied: add a new one instead`)
  }
  const newest = [...applied.keys()].sort().at(-1)
  const late = migrations.find(
    (migration) => newest !== undefined && migration.name < newest && !applied.has(migration.name),
  )
  if (late) throw new Error(`migration ${late.name} is older than ${newest}, which is applied: give it the next number`)
}

async function applyOne(client: Client, migration: Migration): Promise<void> {
  try {
    await client.query('begin')
    await client.query('set local role penstock_owner')
    await client.query(migration.sql)
    await record(client, migration)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    const { message, position } = error as { message: string; position?: string }
    const line = position === undefined ? '' : `, line ${migration.sql.slice(0, Number(position)).split('\n').length}`
    throw new Error(`migration ${migration.name}${line}: ${message}`, { cause: error })
  }
}

/** An interrupted one is not recorded: the next run starts it again, and each statement continues from the state that it finds. */
async function applyConcurrently(client: Client, migration: Migration, log: (line: string) => void): Promise<void> {
  try {
    for (const statement of readIndexStatements(migration.sql)) {
      if (statement.kind === 'create') await createIndex(client, statement.index, log)
      else await dropIndex(client, statement.name, log)
    }
  } catch (error) {
    throw new Error(`migration ${migration.name}: ${(error as Error).message}`, { cause: error })
  }
  await client.query('begin')
  await client.query('set local role penstock_owner')
  await record(client, migration)
  await client.query('commit')
}

async function record(client: Client, { name, sha256 }: Migration): Promise<void> {
  await client.query('insert into schema_migration (name, sha256) values ($1, $2)', [name, sha256])
}
