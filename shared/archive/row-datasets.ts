// Tables whose old rows are archived one by one: which columns are in an object, and how rows are converted in both directions.

import { formatTimestamp, fromPostgres } from '../base/time.ts'
import type { ArchivedRow, Cell, RowColumn } from './row-parquet.ts'

/** A row's columns as PostgreSQL's text. */
export type TextRow = Readonly<Record<string, string | null>>

export interface RowDataset {
  readonly dataset: 'feedback' | 'backfill_jobs' | 'audit'
  readonly table: string
  /** The archived columns: all but the tenant, whose name is part of the object's name. */
  readonly columns: readonly (RowColumn & { readonly pgType: string })[]
  /** Columns of the primary key in addition to the tenant. */
  readonly key: readonly string[]
  /** The column that decides a row's age; a row with null does not age. */
  readonly age: string
  /** The column of a row's creation: never later than `age`, never changed, and indexed. */
  readonly born: string
  /** Rows that belong to no tenant, or to an erased one, are archived under the name of this tenant. */
  readonly strays?: string
}

const text = { type: 'text', pgType: 'text' } as const
const whole = { type: 'int', pgType: 'bigint' } as const
const instant = { type: 'timestamp', pgType: 'timestamptz' } as const

/** Users' feedback on insights, aged from the last change. */
export const FEEDBACK: RowDataset = {
  dataset: 'feedback',
  table: 'insight_feedback',
  columns: [
    { name: 'id', type: 'text', pgType: 'uuid' },
    { name: 'insight_id', ...text },
    { name: 'user_id', ...text },
    { name: 'rating', type: 'int', pgType: 'smallint', nullable: true },
    { name: 'comment', ...text, nullable: true },
    { name: 'flag_type', ...text, nullable: true },
    { name: 'flag_reason', ...text, nullable: true },
    { name: 'created_at', ...instant },
    { name: 'updated_at', ...instant },
  ],
  key: ['insight_id', 'user_id'],
  age: 'updated_at',
  born: 'created_at',
}

/** Jobs that ended, aged from their end; their leases are archived with them. */
export const BACKFILL_JOBS: RowDataset = {
  dataset: 'backfill_jobs',
  table: 'backfill_job',
  columns: [
    { name: 'id', type: 'text', pgType: 'uuid' },
    { name: 'job_type', ...text },
    { name: 'start_block', ...whole },
    { name: 'end_block', ...whole },
    { name: 'current_block', ...whole },
    { name: 'status', ...text },
    { name: 'progress_percentage', type: 'double', pgType: 'float8' },
    { name: 'estimated_completion', ...instant, nullable: true },
    { name: 'error_message', ...text, nullable: true },
    { name: 'started_at', ...instant },
    { name: 'completed_at', ...instant },
    { name: 'created_by', ...text, nullable: true },
    { name: 'version', ...whole },
  ],
  key: ['id'],
  age: 'completed_at',
  born: 'completed_at',
}

/** Entries of the audit log. */
export const AUDIT: RowDataset = {
  dataset: 'audit',
  table: 'audit_entry',
  columns: [
    { name: 'id', ...whole },
    { name: 'tenant_id', type: 'int', pgType: 'int', nullable: true },
    { name: 'at', ...instant },
    { name: 'era', type: 'int', pgType: 'smallint' },
    { name: 'xid', type: 'text', pgType: 'xid8' },
    { name: 'actor', ...text },
    { name: 'actor_kind', ...text },
    { name: 'login', ...text },
    { name: 'action', ...text },
    { name: 'object_type', ...text },
    { name: 'object_id', ...text, nullable: true },
    { name: 'outcome', ...text },
    { name: 'request_id', ...text, nullable: true },
    { name: 'address_prefix', ...text, nullable: true },
    { name: 'before', type: 'text', pgType: 'jsonb', nullable: true },
    { name: 'after', type: 'text', pgType: 'jsonb', nullable: true },
  ],
  key: ['id'],
  age: 'at',
  born: 'at',
  strays: 'penstock',
}

/** Every dataset of rows that retention archives before it deletes them. */
export const rowDatasets: readonly RowDataset[] = [FEEDBACK, BACKFILL_JOBS, AUDIT]

/** Turns a row of the database into its archived form. */
export function toArchivedRow({ columns }: RowDataset, row: TextRow): ArchivedRow {
  return Object.fromEntries(columns.map((column) => [column.name, toCell(column, row[column.name] ?? null)]))
}

/** Turns an archived row into the form that the database accepts. */
export function toTextRow({ columns }: RowDataset, row: ArchivedRow): TextRow {
  return Object.fromEntries(columns.map((column) => [column.name, toText(column, row[column.name] ?? null)]))
}

function toCell({ type }: RowColumn, value: string | null): Cell {
  if (value === null) return null
  switch (type) {
    case 'text':
      return value
    case 'int':
      return BigInt(value)
    case 'double':
      return Number(value)
    case 'timestamp':
      return fromPostgres(value)
  }
}

function toText({ type }: RowColumn, cell: Cell): string | null {
  if (cell === null) return null
  return type === 'timestamp' ? formatTimestamp(Number(cell)) : String(cell)
}

/** Makes the name of an object with these rows. It depends only on the content, so writing the same rows again has no further effect. */
export const rowObjectName = (
  dataset: RowDataset['dataset'],
  tenant: string,
  month: string,
  contentHash: string,
): string => `${dataset}/tenant=${tenant}/month=${month}/part-${contentHash}.parquet`
