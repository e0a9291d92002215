// Compares the partitions that exist with those that must exist.

import { monthOfTable, monthTable, POINTS, ROLLUPS } from '@penstock/shared/months/month-table.ts'
import type { MonthState } from '@penstock/shared/schema/index.ts'
import { isHot } from '@penstock/shared/schema/month-states.ts'
import type { PartitionFacts } from './audit-queries.ts'
import type { Finding, FindingCode } from './contract.ts'
import type { Situation } from './months.ts'

/** States in which the partition of the points is gone; that of the roll-ups remains. */
const WITHOUT_PARTITION: ReadonlySet<MonthState> = new Set(['detached', 'dropped', 'expired'])

export interface Audited extends Situation {
  readonly tables: readonly PartitionFacts[]
  /** Like `tables`, but for roll-ups. */
  readonly rollups: readonly PartitionFacts[]
}

type Parent = typeof POINTS | typeof ROLLUPS

/**
 * Returns everything that is wrong with the partitions of points and roll-ups, months first. PostgreSQL itself prevents overlaps, and
 * each partition is exactly the month in its name, so a gap can only be a month without a partition.
 */
export function findingsOf(audited: Audited): Finding[] {
  return [...findingsOfTable(audited, POINTS, audited.tables), ...findingsOfTable(audited, ROLLUPS, audited.rollups)]
}

function findingsOfTable(audited: Audited, parent: Parent, tables: readonly PartitionFacts[]): Finding[] {
  return [
    ...monthFindings(audited, parent, tables),
    ...tables.flatMap((table) => tableFindings(audited, parent, table)),
  ]
}

function monthFindings({ states, required }: Audited, parent: Parent, tables: readonly PartitionFacts[]): Finding[] {
  const attached = new Set(tables.flatMap((table) => (table.attached && table.from !== null ? [table.from] : [])))
  const finding = (code: FindingCode, detail: string): Finding => ({ code, table: parent, detail })
  const missing = required
    .filter((month) => !attached.has(month))
    .map((month) =>
      finding('month_missing', `${month} has no partition, although it is the current month or one of the next three`),
    )
  const lost = [...states]
    .filter(([month, state]) => isHot(state) && !attached.has(month) && !required.includes(month))
    .map(([month, state]) => finding('partition_missing', `${month} is ${state} and has no partition`))
  return [...missing, ...lost]
}

function tableFindings({ states, deferred }: Audited, parent: Parent, table: PartitionFacts): Finding[] {
  const findings: Finding[] = []
  const found = (code: FindingCode, detail: string) => findings.push({ code, table: table.name, detail })
  const month = monthOfTable(parent, table.name)
  const state = month === undefined ? undefined : states.get(month)

  if (!table.attached) {
    const filling = state === undefined && month !== undefined && deferred.includes(month)
    if (parent === ROLLUPS || (state !== 'detached' && !filling))
      found('unattached', `not attached to ${parent}; the month is ${state ?? 'not known'}`)
  } else if (!table.is_default) {
    if (!isExactlyItsMonth(parent, table))
      found('wrong_bounds', `its bounds are not the UTC month of its name: ${table.bounds}`)
    if (table.from !== null && !mayHavePartition(parent, states.get(table.from))) {
      found('state_mismatch', `attached, although the month ${table.from} is ${states.get(table.from) ?? 'not known'}`)
    }
  }
  return [...findings, ...faultsOf(table)]
}

/** Returns what is wrong with a partition whatever its month is. */
export function faultsOf(table: PartitionFacts): Finding[] {
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

/** Returns true when the bounds of a partition are the UTC month in its name. */
export function isExactlyItsMonth(parent: string, { name, from, to }: PartitionFacts): boolean {
  if (from === null || to === null) return false
  const table = monthTable(parent, from)
  return table.name === name && table.to.startsWith(`${to} `)
}

const mayHavePartition = (parent: Parent, state: MonthState | undefined): boolean =>
  state !== undefined && (parent === ROLLUPS || !WITHOUT_PARTITION.has(state))
