// The indexes of the database.
import { toWire } from '@penstock/shared/base/time.ts'
import type { Index, IndexesAnswer } from '../contract.ts'
import type { IndexRow } from './index-queries.ts'

/** Lists the indexes; with `unused`, those without a scan. */
export const indexesOf = (rows: readonly IndexRow[], { unused }: { readonly unused: boolean }): IndexesAnswer => ({
  indexes: rows.filter(({ scans }) => !unused || scans === 0).map(toIndex),
})

const toIndex = ({ changed_at, ...row }: IndexRow): Index => ({
  table: row.table,
  index: row.index,
  size_bytes: row.size_bytes,
  scans: row.scans,
  valid: row.valid,
  unique: row.unique,
  unused_since: changed_at === null ? null : toWire(changed_at),
})
