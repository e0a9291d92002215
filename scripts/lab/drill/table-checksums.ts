// Computes checksums of a database's content, one per table.
import type { Client } from 'pg'

/** Checksums by table; equal when both databases hold the same rows in any order. */
export type TableChecksums = ReadonlyMap<string, string>

/** Reads every row of every table of the schema, in one snapshot; a partitioned table counts as one table. */
export async function checksumTables(client: Client): Promise<TableChecksums> {
  await client.query('begin isolation level repeatable read read only')
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`,
    )
    const checksums = new Map<string, string>()
    for (const { name } of tables) {
      const { rows } = await client.query<{ checksum: string }>(
        // A sum does not depend on the order of rows; 60 bits of each row's MD5 leave room for the sign.
        `select count(*) || ' rows, ' || coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0) as checksum
         from ${client.escapeIdentifier(name)} t`,
      )
      checksums.set(name, rows[0]?.checksum ?? '')
    }
    return checksums
  } finally {
    await client.query('rollback')
  }
}

/** Returns the tables that differ or that only one side has; empty when all are equal. */
export function differingTables(left: TableChecksums, right: TableChecksums): string[] {
  return [...new Set([...left.keys(), ...right.keys()])].filter((name) => left.get(name) !== right.get(name)).sort()
}
