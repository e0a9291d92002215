// Exports a tenant's other rows: every table as NDJSON, and archived rows also as Parquet.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { type RowDataset, rowDatasets } from '@penstock/shared/archive/row-datasets.ts'
import { readRowParquet } from '@penstock/shared/archive/row-parquet.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { sql } from 'kysely'
import { declaredTables } from '../../database/slice-data.ts'
import { listObjects } from '../erase/object-records.ts'
import type { EraseDeps } from '../erase/place.ts'
import { tenantTables } from '../erase/tenant-tables.ts'
import { blocksOf } from './points.ts'
import type { ExportSink } from './sink.ts'

const PAGE_ROWS = 5_000
/** Their content is exported month by month. */
const pointTables = declaredTables.filter(({ points }) => points).map(({ name }) => name)
/** Columns that are not exported: they could prove a credential. */
const secretsOf = (table: string): readonly string[] => declaredTables.find(({ name }) => name === table)?.secret ?? []

/** Writes `tables/<name>.ndjson`, and for archived rows `<dataset>/….parquet` with `….ndjson`. */
export async function exportRows(deps: EraseDeps, sink: ExportSink): Promise<void> {
  const tables = (await tenantTables(deps)).filter((table) => !pointTables.includes(table))
  for (const table of tables) {
    await deps.renew()
    await exportTable(deps, sink, table)
  }
  for (const dataset of rowDatasets) await exportArchived(deps, sink, dataset)
}

/** Reads in one transaction, so that every row is exported once, whatever is written in the meantime. */
async function exportTable({ db, tenant }: EraseDeps, sink: ExportSink, table: string): Promise<void> {
  const column = table === 'tenant' ? 'id' : 'tenant_id'
  const lines = new PassThrough()
  let rows = 0
  const filled = db.read(tenant.id, async (tx) => {
    if (rows > 0) throw new Error(`${table} was broken off: begin again`)
    await sql`
        declare exported no scroll cursor for
        select (to_jsonb(r) - ${[...secretsOf(table), 'tenant_id']}::text[])::text as line
        from ${sql.table(table)} r where ${sql.ref(`r.${column}`)} = ${sql.lit(tenant.id)}`.execute(tx)
    for (;;) {
      const page = await sql<{ line: string }>`fetch ${sql.lit(PAGE_ROWS)} from exported`.execute(tx)
      if (page.rows.length === 0) return
      rows += page.rows.length
      if (!lines.write(page.rows.map(({ line }) => `${line}\n`).join(''))) await once(lines, 'drain')
    }
  })
  filled.then(
    () => lines.end(),
    (error: unknown) => lines.destroy(error as Error),
  )
  await sink.add(`tables/${table}.ndjson`, lines, async () => rows)
  await filled
}

async function exportArchived(deps: EraseDeps, sink: ExportSink, dataset: RowDataset): Promise<void> {
  for (const object of await listObjects(deps, dataset.dataset)) {
    if (object.state !== 'verified') continue
    await deps.renew()
    const name = `${dataset.dataset}/month=${object.month}-${object.id}`
    await sink.add(`${name}.parquet`, blocksOf(deps.store, object, object.size), async (path) => {
      const rows = await readRowParquet(dataset.columns, new Uint8Array(readFileSync(path)))
      const instants = new Set(dataset.columns.flatMap(({ name, type }) => (type === 'timestamp' ? [name] : [])))
      const lines = rows.map((row) =>
        JSON.stringify(row, (key, cell: unknown) => {
          if (typeof cell === 'bigint') return String(cell)
          return instants.has(key) && typeof cell === 'number' ? formatTimestamp(cell) : cell
        }),
      )
      await sink.add(`${name}.ndjson`, textOf(`${lines.join('\n')}\n`), async () => rows.length)
      return rows.length
    })
  }
}

async function* textOf(text: string): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(text)
}
