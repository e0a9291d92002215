// Stores example rows of a tenant, as the superuser and without triggers, so that each table has exactly these rows.
import type { Client } from 'pg'
import { type DeclaredTable, declaredTables } from '../database/slice-data.ts'
import { exampleRows } from './examples.ts'

/** The tenant, and its number among the tenants that have example rows. */
export interface Planting {
  readonly tenant: number
  readonly n: number
  /** First instant of a live month, in milliseconds since 1970. */
  readonly monthMs: number
  /** Selects tables; default: all. */
  readonly only?: (table: DeclaredTable) => boolean
}

/** Stores the rows of every table except the tenant's own. Returns the names of the tables. */
export async function plantRows(client: Client, planting: Planting): Promise<readonly string[]> {
  const { tenant, n, monthMs, only = () => true } = planting
  const planted: string[] = []
  await client.query('begin')
  await client.query('set local session_replication_role = replica')
  for (const [table, rows] of Object.entries(await exampleRows(n, { monthMs }))) {
    const declared = declaredTables.find(({ name }) => name === table)
    if (!declared) throw new Error(`no data.ts owns ${table}, which has example rows`)
    if (!only(declared)) continue
    for (const row of rows) await insertRow(client, table, { ...row, tenant_id: tenant })
    planted.push(table)
  }
  await client.query('commit')
  return planted
}

/** The values as PostgreSQL reads them from JSON. Columns that the row does not have get their defaults. */
async function insertRow(client: Client, table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  const columns = Object.keys(row).map((name) => client.escapeIdentifier(name))
  const name = client.escapeIdentifier(table)
  await client.query(
    `insert into ${name} (${columns.join()}) overriding system value
     select ${columns.join()} from jsonb_populate_record(null::${name}, $1)`,
    [JSON.stringify(row)],
  )
}
