// Writes columns as an Arrow IPC stream with one record batch.

import {
  Batch,
  Column,
  columnFromArray,
  type DataType,
  dictionary,
  float64,
  int64,
  TimeUnit,
  tableFromColumns,
  tableToIPC,
  timestamp,
  utf8,
} from '@uwdata/flechette'
import type { Micros } from '../base/time.ts'

/** The columns by name, in the order of the schema; all have one length. */
export type ArrowColumns = Readonly<Record<string, Column<unknown>>>

/** Writes a stream: schema, dictionaries, one batch. */
export function arrowStream(columns: ArrowColumns): Uint8Array {
  const bytes = tableToIPC(tableFromColumns({ ...columns }), { format: 'stream' })
  if (!bytes) throw new Error('a table was written to no buffer')
  return bytes
}

/** Makes a column of texts, each distinct text stored once. */
export const textColumn = (texts: readonly (string | null)[]): Column<unknown> =>
  columnFromArray([...texts], dictionary(utf8()))

/** Makes a column of numbers. */
export const numberColumn = (values: Float64Array): Column<unknown> => ofValues(values, float64())

/** Makes a column of whole numbers. */
export const countColumn = (counts: readonly number[]): Column<unknown> =>
  ofValues(BigInt64Array.from(counts, BigInt), int64())

/** Makes a column of instants in UTC with microseconds. The library's own way there loses the microseconds. */
export const instantColumn = (instants: ArrayLike<Micros>): Column<unknown> =>
  ofValues(
    BigInt64Array.from({ length: instants.length }, (_, i) => BigInt(instants[i] ?? 0)),
    timestamp(TimeUnit.MICROSECOND, 'UTC'),
  )

function ofValues(values: Float64Array | BigInt64Array, type: DataType): Column<unknown> {
  // Columns of one table must have their batches in common, and an empty column of texts has none.
  if (values.length === 0) return new Column([], type)
  const batch = new Batch({ length: values.length, nullCount: 0, type, validity: new Uint8Array(0), values })
  return new Column([batch], type)
}
