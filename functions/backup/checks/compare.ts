// Compares the suite with its restored copy: the schema, and the content of each table.
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { TableComparison } from '../contract.ts'
import type { Marker, SchemaFacts } from './schema-queries.ts'
import {
  countMissing,
  type Part,
  permanentBefore,
  selectHashes,
  selectTables,
  type TableFacts,
  writtenBefore,
} from './table-queries.ts'

/** One side: runs work in a transaction that only reads. It may run the work again. */
export type Side = <T>(work: (tx: Transaction<Database>) => Promise<T>) => Promise<T>

export interface Sides {
  readonly suite: Side
  readonly copy: Side
}

export interface Comparison {
  readonly tables: readonly TableComparison[]
  /** Sentences about what differs. */
  readonly differences: readonly string[]
  /** Tables that the copy lacks. */
  readonly missing: readonly string[]
}

export interface CompareLimits {
  readonly comparedRows: number
  /** A number from 0 up to 1, which chooses the blocks of large tables. */
  readonly random: () => number
  /** Called between two tables. */
  readonly between: () => Promise<void>
}

/** Compares every table. Rows that were written after the marker are not compared, because they may differ. */
export async function compareTables(sides: Sides, marker: Marker, limits: CompareLimits): Promise<Comparison> {
  const [ofSuite, ofCopy] = [await sides.suite(selectTables), await sides.copy(selectTables)]
  const there = new Map(ofCopy.map((it) => [it.name, it]))
  const tables: TableComparison[] = []
  for (const table of ofSuite) {
    const copy = there.get(table.name)
    if (!copy) continue
    tables.push(...(await compareTable(sides, { table, copy, marker }, limits)))
    await limits.between()
  }
  return {
    tables,
    differences: tables.flatMap(toSentence),
    missing: ofSuite.flatMap(({ name }) => (there.has(name) ? [] : [name])),
  }
}

interface Pair {
  readonly table: TableFacts
  readonly copy: TableFacts
  readonly marker: Marker
}

async function compareTable(
  sides: Sides,
  { table, copy, marker }: Pair,
  limits: CompareLimits,
): Promise<TableComparison[]> {
  const sample = Math.max(1, Math.ceil(Math.max(table.rows, copy.rows) / limits.comparedRows))
  const columns = table.columns.filter((name) => copy.columns.includes(name))
  const phase = Math.floor(limits.random() * sample)
  const part = { table: table.name, sample, phase, limit: 4 * limits.comparedRows, columns }
  const unchanged = await compareFrom(
    { from: sides.suite, in: sides.copy, searched: 'copy' },
    { ...part, of: writtenBefore(marker.horizon) },
  )
  const permanent = permanentBefore(table.name, marker.horizon)
  if (!permanent) return [unchanged]
  const whole = { ...part, sample: 1, phase: 0, of: permanent }
  return [unchanged, await compareFrom({ from: sides.copy, in: sides.suite, searched: 'suite' }, whole)]
}

interface Direction {
  readonly from: Side
  readonly in: Side
  readonly searched: TableComparison['searched']
}

async function compareFrom(direction: Direction, part: Part): Promise<TableComparison> {
  const hashes = await direction.from((tx) => selectHashes(tx, part))
  const missing = hashes.length === 0 ? 0 : await direction.in((tx) => countMissing(tx, part, hashes))
  return {
    table: part.table,
    searched: direction.searched,
    expected: hashes.length,
    found: hashes.length - missing,
    sample: part.sample,
  }
}

function toSentence({ table, searched, expected, found }: TableComparison): readonly string[] {
  if (expected === found) return []
  const [where, from] = searched === 'copy' ? ['the restored copy', 'the suite'] : ['the suite', 'the restored copy']
  return [
    `${table}: ${from} has ${expected} rows that cannot have changed since the backup, and ${where} has ${found} of them`,
  ]
}

/**
 * Returns sentences about objects that differ; at most ten. A copy from before the newest migrations is compared by its migrations only: they
 * must be the first ones of the suite's.
 */
export function schemaDifferences(suite: SchemaFacts, copy: SchemaFacts): readonly string[] {
  const stray = copy.migrations.filter((name) => !suite.migrations.includes(name))
  if (stray.length > 0) return [`the copy has migrations that the suite does not have: ${stray.join(', ')}`]
  if (copy.migrations.length < suite.migrations.length) {
    const isFirst = copy.migrations.every((name, i) => name === suite.migrations[i])
    return isFirst ? [] : ['the copy lacks a migration between two that it has']
  }
  const objects = new Set([...suite.objects.keys(), ...copy.objects.keys()])
  const differing = [...objects].filter((name) => suite.objects.get(name) !== copy.objects.get(name))
  return differing.slice(0, MOST_NAMED).map((name) => `${name} differs`)
}

const MOST_NAMED = 10
