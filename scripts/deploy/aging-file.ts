// The text of shared/schema/aging.ts: the tables whose rows retention deletes by their age alone.
import { rowDatasets } from '@penstock/shared/archive/row-datasets.ts'
import type { DeclaredTable } from '../database/slice-data.ts'

/**
 * The same declarations give the same text. Rows that are archived before they are deleted have policies of their own.
 * @throws {Error} for a table that ages into an archive which nobody writes: its rows would never leave the database.
 */
export function agingFile(tables: readonly DeclaredTable[]): string {
  const shortestFirst = tables.toSorted((a, b) => (a.ages?.days ?? 0) - (b.ages?.days ?? 0))
  const lines = shortestFirst.flatMap(({ name, owner, ages }) => {
    if (!ages) return []
    if (ages.archived !== undefined) {
      refuseUnwritten({ name, owner, ages })
      return []
    }
    const { by, days, policy = name, order = by, setting = `${name.toUpperCase()}_DAYS` } = ages
    refuseTorn(tables, policy)
    const fields = { table: name, policy, by, order, setting: days > 0 ? setting : null, days }
    const lineOf = ([key, value]: readonly [string, string | number | null]) => `    ${key}: ${written(value)},\n`
    return [`  {\n${Object.entries(fields).map(lineOf).join('')}  },\n`]
  })
  return [
    '// The tables whose rows are deleted by their age alone: made by `npm run deployments` from the data.ts of their owners.\n',
    'export const agingTables = [\n',
    ...lines,
    '] as const\n',
  ].join('')
}

function refuseUnwritten({ name, owner, ages }: Pick<DeclaredTable, 'name' | 'owner' | 'ages'>): void {
  const found = rowDatasets.find(({ dataset }) => dataset === ages?.archived)
  if (found?.table === name && found.age === ages?.by) return
  throw new Error(
    `${owner}/data.ts archives ${name} by ${ages?.by} as ${ages?.archived}, which is not such a dataset: describe it in shared/archive/row-datasets.ts and give it a policy in functions/retention/policies.ts, or leave \`archived\` out to delete the rows by their age alone`,
  )
}

/** A policy has one age. */
function refuseTorn(tables: readonly DeclaredTable[], policy: string): void {
  const sharing = tables.filter(({ name, ages }) => (ages?.policy ?? name) === policy)
  const ages = new Set(sharing.map((table) => `${table.ages?.days} ${table.ages?.setting}`))
  if (ages.size > 1)
    throw new Error(
      `${sharing.map(({ name }) => name).join(' and ')} share the policy ${policy}: give them the same days and the same setting`,
    )
}

const written = (value: string | number | null): string => (typeof value === 'string' ? `'${value}'` : String(value))
