// Prints records as a table for a person, or as JSON for a program.
import { writeExact } from '@penstock/shared/base/exact-json.ts'
import { print } from './output.ts'
import { textTable } from './text-table.ts'

export interface Shown<T> {
  /** True when `--json` was given. */
  readonly json?: boolean | undefined
  readonly head: readonly string[]
  readonly row: (record: T) => readonly (string | null)[]
}

/** The option of every command that prints a table. */
export const JSON_OPTION = ['--json', 'print an array of JSON objects instead of a table'] as const

/** Formats records: as a table, or as one line of JSON with all fields of each record. */
export const recordsText = <T>(records: readonly T[], { json, head, row }: Shown<T>): string =>
  json === true ? writeExact(records) : textTable(head, records.map(row))

/** Prints records to standard output. */
export const printRecords = <T>(records: readonly T[], shown: Shown<T>): void => print(recordsText(records, shown))
