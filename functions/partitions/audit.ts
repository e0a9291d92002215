// Compares the partitions of the chunks with the months that must have one, and with those that are recorded to have one.
import { addMonths } from '@penstock/shared/base/time.ts'
import { CHUNKS, chunkTable } from '@penstock/shared/points/chunk-months.ts'
import type { PartitionFacts } from './audit-queries.ts'
import type { Finding, FindingCode } from './contract.ts'

export interface Audited {
  /** The partitions of the chunks, and the tables that are named like one. */
  readonly tables: readonly PartitionFacts[]
  /** The months that are recorded to have a partition; true for one that is about to be dropped. */
  readonly leaving: ReadonlyMap<string, boolean>
  /** Months that the calendar requires. */
  readonly required: readonly string[]
}

/**
 * Returns everything that is wrong with the partitions of the chunks, months first. PostgreSQL itself prevents overlaps, and each partition
 * is exactly the month in its name, so a gap can only be a month without a partition.
 */
export function findingsOf(audited: Audited): Finding[] {
  return [...monthFindings(audited), ...audited.tables.flatMap((table) => tableFindings(audited, table))]
}

function monthFindings({ tables, leaving, required }: Audited): Finding[] {
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

function tableFindings({ leaving }: Audited, table: PartitionFacts): Finding[] {
  const findings: Finding[] = []
  const found = (code: FindingCode, detail: string) => findings.push({ code, table: table.name, detail })
  const month = monthOfTable(table.name)
  if (!table.attached) {
    // An interrupted drop detaches first, and the next run drops the table.
    if (leaving.get(month ?? '') !== true) found('unattached', `not attached to ${CHUNKS}`)
  } else if (!table.is_default) {
    if (!isExactlyItsMonth(table))
      found('wrong_bounds', `its bounds are not the UTC month of its name: ${table.bounds}`)
    else if (!leaving.has(month ?? '')) found('state_mismatch', `attached, although the month ${month} is not recorded`)
  }
  return [...findings, ...faultsOf(table)]
}

/** Returns what is wrong with a partition whatever its month is. */
function faultsOf(table: PartitionFacts): Finding[] {
  const findings: Finding[] = []
  const found = (code: FindingCode, detail: string) => findings.push({ code, table: table.name, detail })
  if (table.attached && table.is_default)
    found('default_partition', 'a default partition forbids concurrent detach, and its rows block the next month')
  if (table.detach_pending) found('detach_pending', 'a concurrent detach was interrupted and must be finalised')
  if (!table.row_security) found('row_security', 'row security is not enabled and forced')
  for (const grant of table.grants) found('stray_grant', grant)
  for (const index of table.missing_indexes) found('index_missing', `no index of it belongs to ${index}`)
  for (const index of table.invalid_indexes) found('index_invalid', index)
  return findings
}

/** Returns the month in the name of a partition; undefined for other names. */
function monthOfTable(name: string): string | undefined {
  const [, year, month] = /^metric_chunk_(\d{4})_(\d\d)$/.exec(name) ?? []
  return year === undefined ? undefined : `${year}-${month}-01`
}

const isExactlyItsMonth = ({ name, from, to }: PartitionFacts): boolean =>
  from !== null && name === chunkTable(from) && to === addMonths(from, 1)
