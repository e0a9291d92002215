import type { Generated, JSONColumnType } from 'kysely'

/** The progress of a file's import. A row exists while the import runs, and after one that was interrupted. */
export interface ImportProgressTable {
  readonly tenant_id: number
  /** SHA-256 of the file's content and of all options that change how it is read. */
  readonly source_sha256: Buffer
  position_bytes: string
  position_lines: string
  done: boolean
  report: JSONColumnType<Record<string, unknown>>
  updated_at: Generated<string>
}
