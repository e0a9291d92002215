// Converts the rows of a small table to a Parquet file and back, a whole file at a time.
//
// The bytes depend on columns and rows alone, so writing the same rows again makes the same object.
import { createHash } from 'node:crypto'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { parquetReadObjects, type SchemaElement } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { Micros } from '../base/time.ts'

/** `timestamp` is microseconds since 1970 in UTC; `int` is 64 bits. */
export interface RowColumn {
  readonly name: string
  readonly type: 'text' | 'int' | 'double' | 'timestamp'
  readonly nullable?: boolean
}

/** A text, an int, a double or an instant, depending on the column's type. */
export type Cell = string | bigint | number | null
export type ArchivedRow = Readonly<Record<string, Cell>>

/** Returns the file's bytes. Rows are written in the given order. */
export async function writeRowParquet(
  name: string,
  columns: readonly RowColumn[],
  rows: readonly ArchivedRow[],
): Promise<Uint8Array> {
  const writer = new ByteWriter()
  const parquet = new ParquetWriter({
    writer,
    schema: [{ name, num_children: columns.length }, ...columns.map(elementOf)],
    codec: 'ZSTD',
    compressors: { ZSTD: (bytes) => new Uint8Array(zstdCompressSync(bytes)) },
    createdBy: 'penstock',
  })
  const columnData = columns.map((column) => ({
    name: column.name,
    data: rows.map((row) => stored(column, row[column.name] ?? null)),
  }))
  await parquet.write({ columnData })
  await parquet.finish()
  return writer.getBytes()
}

/** Returns the rows of a file in their order. @throws {Error} when it has other columns or is not Parquet. */
export async function readRowParquet(columns: readonly RowColumn[], bytes: Uint8Array): Promise<ArchivedRow[]> {
  const file = bytes.slice().buffer
  const rows = (await parquetReadObjects({
    file,
    compressors: { ZSTD: (compressed) => new Uint8Array(zstdDecompressSync(compressed)) },
    parsers: { timestampFromMicroseconds: Number },
  })) as Record<string, unknown>[]
  const names = columns.map((column) => column.name)
  return rows.map((row) => {
    if (Object.keys(row).join() !== names.join()) throw new Error(`not these columns: ${Object.keys(row).join()}`)
    return Object.fromEntries(columns.map((column) => [column.name, cellOf(column, row[column.name])]))
  })
}

/** Returns the SHA-256 of the rows in their order, independent of their encoding, in hexadecimal. */
export function hashOfRows(columns: readonly RowColumn[], rows: readonly ArchivedRow[]): string {
  const hash = createHash('sha256').update(JSON.stringify(columns))
  for (const row of rows) {
    const cells = columns.map(({ name }) => row[name] ?? null)
    hash.update(JSON.stringify(cells.map((cell) => (typeof cell === 'bigint' ? String(cell) : cell))))
  }
  return hash.digest('hex')
}

/** Returns the first and the last instant of a column that is not null in any row. */
export function spanOf(
  column: string,
  rows: readonly ArchivedRow[],
): { readonly minAt: Micros; readonly maxAt: Micros } {
  let minAt = Number.POSITIVE_INFINITY
  let maxAt = Number.NEGATIVE_INFINITY
  for (const row of rows) {
    const at = row[column] as Micros
    minAt = Math.min(minAt, at)
    maxAt = Math.max(maxAt, at)
  }
  return { minAt, maxAt }
}

function elementOf({ name, type, nullable }: RowColumn): SchemaElement {
  const repetition_type = nullable ? 'OPTIONAL' : 'REQUIRED'
  switch (type) {
    case 'text':
      return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, repetition_type }
    case 'int':
      return { name, type: 'INT64', repetition_type }
    case 'double':
      return { name, type: 'DOUBLE', repetition_type }
    case 'timestamp':
      return {
        name,
        type: 'INT64',
        converted_type: 'TIMESTAMP_MICROS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
        repetition_type,
      }
  }
}

const stored = ({ type }: RowColumn, cell: Cell): Cell => (type === 'timestamp' && cell !== null ? BigInt(cell) : cell)

function cellOf({ type }: RowColumn, value: unknown): Cell {
  if (value === null || value === undefined) return null
  return type === 'int' ? BigInt(value as bigint | number) : (value as Cell)
}
