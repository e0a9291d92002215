// All checks of a restored copy.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { CopyPlace } from '@penstock/shared/database/restored-copy.ts'
import type { Checks, TableComparison } from '../contract.ts'
import type { RunDeps } from '../deps.ts'
import { type Comparison, compareTables, type Side, schemaDifferences } from './compare.ts'
import { type Marker, selectMarker, selectNothing, selectSchema } from './schema-queries.ts'

export interface Verdict {
  readonly checks: Checks
  readonly tables: readonly TableComparison[]
  /** Sentences about everything that is wrong. */
  readonly problems: readonly string[]
}

/** Nothing could be checked. */
const NOTHING: Checks = {
  instance_accessible: false,
  schema_matches: false,
  tables_exist: false,
  row_counts_match: false,
  checksums_match: false,
  marker_age_s: null,
}
const MOST_PROBLEMS = 20

/** Checks a copy. `between` is called between two tables. @throws {Problem} when the suite's own database fails. */
export async function verifyCopy(deps: RunDeps, place: CopyPlace, between: () => Promise<void>): Promise<Verdict> {
  const { statementMs, connectMs, longestMs } = deps.limits
  const beginning = { tenantId: null, readOnly: true, statementMs }
  try {
    await deps.onCopy(
      place,
      connectMs,
    )(async (connection) => {
      await connection.transaction(beginning, selectNothing)
    })
  } catch (error) {
    return { checks: NOTHING, tables: [], problems: [`the copy cannot be connected to: ${causeOf(error)}`] }
  }
  const suite: Side = async (work) => await deps.db.readAll(work, { statementMs })
  return await deps.onCopy(
    place,
    longestMs,
  )(async (connection) => {
    return await checkSides(deps, {
      suite,
      copy: async (work) => await connection.transaction(beginning, work),
      between,
    })
  })
}

interface Checked {
  readonly suite: Side
  readonly copy: Side
  readonly between: () => Promise<void>
}

async function checkSides(deps: RunDeps, { suite, copy, between }: Checked): Promise<Verdict> {
  const schema = schemaDifferences(await suite(selectSchema), await copy(selectSchema))
  const marker = await readMarker(copy)
  if (typeof marker === 'string') {
    const checks = { ...NOTHING, instance_accessible: true, schema_matches: schema.length === 0 }
    return { checks, tables: [], problems: [...schema, marker] }
  }
  const limits = { comparedRows: deps.limits.comparedRows, random: deps.random, between }
  const compared = await compareTables({ suite, copy }, marker, limits)
  return judge(compared, schema, { marker, now: deps.now() * 1_000, freshMs: deps.limits.freshMs })
}

/** Returns the marker, or the reason why the copy has none. */
async function readMarker(copy: Side): Promise<Marker | string> {
  try {
    return (
      (await copy(selectMarker)) ?? 'the backup has no marker: it was taken before monitoring ran for the first time'
    )
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== UNDEFINED_TABLE) throw error
    return 'the backup has no marker: it is older than the migration 0125-backups'
  }
}

const UNDEFINED_TABLE = '42P01'

function judge(
  { tables, differences, missing }: Comparison,
  schema: readonly string[],
  { marker, now, freshMs }: { readonly marker: Marker; readonly now: Micros; readonly freshMs: number },
): Verdict {
  const ageMs = Math.max(0, now / 1_000 - marker.at)
  const isOld = ageMs > freshMs
  const problems = [
    ...schema,
    ...missing.map((name) => `the restored copy has no table ${name}`),
    ...differences,
    ...(isOld ? [`the backup is ${Math.round(ageMs / 3_600_000)} hours old: the daily backups have stopped`] : []),
  ]
  return {
    checks: {
      instance_accessible: true,
      schema_matches: schema.length === 0,
      // A table that a migration made after the backup is missing too: the next daily backup has it.
      tables_exist: missing.length === 0,
      row_counts_match: tables.every(({ searched, expected, found }) => searched === 'copy' || expected === found),
      checksums_match: tables.every(({ searched, expected, found }) => searched === 'suite' || expected === found),
      marker_age_s: Math.round(ageMs / 1_000),
    },
    tables,
    problems: problems.slice(0, MOST_PROBLEMS),
  }
}

/** The reason behind a refusal that hides it from callers. */
const causeOf = (error: unknown): string => {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message : message
}
