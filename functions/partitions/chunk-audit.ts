// Compares the partitions of the chunks with the months that are recorded to have one.

import { monthOfTable } from '@penstock/shared/months/month-table.ts'
import { faultsOf, isExactlyItsMonth } from './audit.ts'
import type { PartitionFacts } from './audit-queries.ts'
import type { Finding, FindingCode, PartitionsAnswer } from './contract.ts'

/** The partitioned table of the chunks. */
export const CHUNKS = 'metric_chunk'

export interface AuditedChunks {
  readonly tables: readonly PartitionFacts[]
  /** The months that are recorded to have a partition; true for one that is about to be dropped. */
  readonly leaving: ReadonlyMap<string, boolean>
  /** Months that the calendar requires; none where points are stored in rows. */
  readonly required: readonly string[]
}

/** Returns everything that is wrong with the partitions of the chunks, months first. */
export function findingsOfChunks(audited: AuditedChunks): Finding[] {
  return [...monthFindings(audited), ...audited.tables.flatMap((table) => tableFindings(audited, table))]
}

function monthFindings({ tables, leaving, required }: AuditedChunks): Finding[] {
  const attached = new Set(tables.flatMap(({ attached: is, from }) => (is && from !== null ? [from] : [])))
  const finding = (code: FindingCode, detail: string): Finding => ({ code, table: CHUNKS, detail })
  const missing = required
    .filter((month) => !attached.has(month))
    .map((month) =>
      finding('month_missing', `${month} has no partition, although it is the current month or one of the next three`),
    )
  const lost = [...leaving]
    .filter(([month, isLeaving]) => !isLeaving && !attached.has(month) && !required.includes(month))
    .map(([month]) => finding('partition_missing', `${month} is recorded and has no partition`))
  return [...missing, ...lost]
}

function tableFindings({ leaving }: AuditedChunks, table: PartitionFacts): Finding[] {
  const findings: Finding[] = []
  const found = (code: FindingCode, detail: string) => findings.push({ code, table: table.name, detail })
  const month = monthOfTable(CHUNKS, table.name)
  if (!table.attached) {
    // An interrupted drop detaches first, and the next run drops the table.
    if (leaving.get(month ?? '') !== true) found('unattached', `not attached to ${CHUNKS}`)
  } else if (!table.is_default) {
    if (!isExactlyItsMonth(CHUNKS, table))
      found('wrong_bounds', `its bounds are not the UTC month of its name: ${table.bounds}`)
    else if (!leaving.has(month ?? '')) found('state_mismatch', `attached, although the month ${month} is not recorded`)
  }
  return [...findings, ...faultsOf(table)]
}

/** Returns the partitions of the chunks in the form of the answer. Their catalogue counts chunks, not points. */
export function attachedChunks({ tables, leaving }: AuditedChunks): PartitionsAnswer['partitions'] {
  return tables
    .filter(({ attached }) => attached)
    .map(({ from }) => ({ table: CHUNKS, month: from, state: leaving.has(from ?? '') ? 'live' : null, rows: null }))
}
