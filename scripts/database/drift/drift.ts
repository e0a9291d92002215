// Implements npm run migrate -- check: finds how a database differs from this release. Changes nothing.
import type { Client } from 'pg'
import type { Migration } from '../migrations.ts'
import type { RolePlan } from '../roles.ts'
import { describeSchema } from '../schema-description.ts'
import { grantDrift } from './grants.ts'
import { migrationDrift } from './migrations.ts'
import { roleDrift } from './roles.ts'
import { compareSchemas } from './schema.ts'
import { tableDrift } from './tables.ts'

export interface Release {
  readonly roles: RolePlan
  readonly migrations: readonly Migration[]
  /** The content of migrations/schema.sql. */
  readonly schema: string
}

/**
 * Returns one line for each difference, with the present and the expected state; none when there is no difference. Compares migrations,
 * schema, roles with their limits and time-outs, grants, row security, owners and indexes, in one read-only snapshot.
 */
export async function findDrift(client: Client, { roles, migrations, schema }: Release): Promise<readonly string[]> {
  await client.query('begin isolation level repeatable read read only')
  try {
    const unmigrated = await migrationDrift(client, migrations)
    if (unmigrated.length > 0) return unmigrated
    return [
      ...compareSchemas(schema, await describeSchema(client)),
      ...(await roleDrift(client, roles)),
      ...(await grantDrift(client, roles)),
      ...(await tableDrift(client, roles)),
    ]
  } finally {
    await client.query('rollback')
  }
}
