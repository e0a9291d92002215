import type { Generated, JSONColumnType } from 'kysely'

/** How far an import of a file has come. There while it is under way, and after one that was interrupted. */
export interface ImportProgressTable {
  readonly tenant_id: number
  /** SHA-256 of the file's content and of all that says how it is read. */
  readonly source_sha256: Buffer
  position_bytes: string
  position_lines: string
  done: boolean
  report: JSONColumnType<Record<string, unknown>>
  updated_at: Generated<string>
}
