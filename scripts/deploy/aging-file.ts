// The text of shared/schema/aging.ts: the tables whose rows retention deletes by their age alone.
import type { DeclaredTable } from '../database/slice-data.ts'

/** The same declarations give the same text. Rows that are archived before they are deleted have policies of their own. */
export function agingFile(tables: readonly DeclaredTable[]): string {
  const shortestFirst = tables.toSorted((a, b) => (a.ages?.days ?? 0) - (b.ages?.days ?? 0))
  const lines = shortestFirst.flatMap(({ name, ages }) => {
    if (!ages || ages.archived !== undefined) return []
    const { by, days, policy = name, order = by } = ages
    const fields = { table: name, policy, by, order, setting: days > 0 ? `${name.toUpperCase()}_DAYS` : null, days }
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

const written = (value: string | number | null): string => (typeof value === 'string' ? `'${value}'` : String(value))
