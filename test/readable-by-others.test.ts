// Archive objects as others read them: by hyparquet without our reader, and by DuckDB with the queries of the README.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ArchivedMonths, openArchivedMonths } from './support/months/archived-months.ts'

let months: ArchivedMonths
let folder: string

beforeAll(async () => {
  months = await openArchivedMonths()
  folder = mkdtempSync(join(tmpdir(), 'penstock-archive-test-'))
  const acme = await months.tenant('acme')
  const zeta = await months.tenant('zeta')
  const warm = await months.series(acme, { service: 'pump-7', type: 'temperature', unit: 'C', labels: { room: '2' } })
  const other = await months.series(acme, { service: 'pump-7', type: 'pressure', unit: 'bar' })
  const far = await months.series(zeta, { service: 'boiler', type: 'temperature', unit: 'C' })
  await months.fill(acme, '2026-01-01', warm, [
    ['01T00:00:00Z', 10],
    ['01T23:59:59.999999Z', 20.5],
    ['02T12:34:56.789012Z', -1],
  ])
  await months.fill(acme, '2026-01-01', other, [['01T00:00:00Z', 4.2]])
  await months.fill(acme, '2026-02-01', warm, [['01T00:00:00Z', 7]])
  await months.fill(zeta, '2026-01-01', far, [['31T00:00:00Z', 90]])
  await months.archive('2026-03-01T00:00:00Z')
  for (const name of months.storage.names()) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), months.storage.read(name))
  }
})
afterAll(async () => {
  await months.close()
  rmSync(folder, { recursive: true, force: true })
})

it('is Parquet with names, types and statistics that any reader knows', async () => {
  const name = months.storage.names().find((one) => one.includes('acme/month=2026-01')) ?? ''
  const file = await asyncBufferFromFile(join(folder, name))
  const metadata = await parquetMetadataAsync(file)
  expect(
    metadata.schema
      .slice(1)
      .map((one) => `${one.name} ${one.type} ${one.logical_type?.type ?? ''} ${one.repetition_type}`),
  ).toEqual([
    'service_name BYTE_ARRAY STRING REQUIRED',
    'metric_type BYTE_ARRAY STRING REQUIRED',
    'unit BYTE_ARRAY STRING REQUIRED',
    'labels BYTE_ARRAY STRING REQUIRED',
    'timestamp INT64 TIMESTAMP REQUIRED',
    'value DOUBLE  REQUIRED',
  ])
  expect(metadata.row_groups[0]?.columns.every((column) => column.meta_data?.statistics)).toBe(true)
  const rows = await parquetReadObjects({
    file,
    compressors: { ZSTD: (bytes) => new Uint8Array(zstdDecompressSync(bytes)) },
  })
  expect(
    rows.map((row) => [row['metric_type'], row['labels'], (row['timestamp'] as Date).toISOString(), row['value']]),
  ).toEqual([
    ['pressure', '{}', '2026-01-01T00:00:00.000Z', 4.2],
    ['temperature', '{"room":"2"}', '2026-01-01T00:00:00.000Z', 10],
    ['temperature', '{"room":"2"}', '2026-01-01T23:59:59.999Z', 20.5],
    ['temperature', '{"room":"2"}', '2026-01-02T12:34:56.789Z', -1],
  ])
})

// An optional dependency: it has no binary for some machines.
const duckdb = await import('@duckdb/node-api').catch(() => undefined)

describe('the queries of the README, where DuckDB can be had', () => {
  const readme = readFileSync(join(import.meta.dirname, '../functions/retention/README.md'), 'utf8')
  const queries = [...readme.matchAll(/```sql duckdb\n([^]*?)```/g)].map(([, sql = '']) => sql)

  it.skipIf(duckdb === undefined)('answer from the objects as they lie there', async () => {
    const instance = await duckdb?.DuckDBInstance.create(':memory:')
    const connection = await instance?.connect()
    await connection?.run(`set timezone = 'UTC'`)
    const answers: unknown[] = []
    for (const sql of queries) {
      const result = await connection?.runAndReadAll(sql.replaceAll('gs://BUCKET', folder))
      answers.push(result?.getRowsJson())
    }
    connection?.closeSync()
    instance?.closeSync()
    expect(answers).toEqual([
      [
        [expect.stringContaining('2026-01-01'), '2', 15.25, 10, 20.5],
        [expect.stringContaining('2026-01-02'), '1', -1, -1, -1],
      ],
      [
        ['acme', '2026-01-01', '2', '3'],
        ['acme', '2026-01-01', null, '1'],
        ['acme', '2026-02-01', '2', '1'],
        ['zeta', '2026-01-01', null, '1'],
      ],
    ])
  })
})
