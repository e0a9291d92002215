// Finds series by selectors.

import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { Labels } from '../columns/labels.ts'
import { NAME_LABEL, type VectorSelector } from '../syntax/ast.ts'
import { QueryError } from '../syntax/query-error.ts'
import { fits, labelsOf, metricName, type QuotedNames } from './naming.ts'
import { type SeriesRule, selectLogged, selectSeriesPage, type TimeRange } from './series-queries.ts'

type Tx = Transaction<Database>

/** A stored series with its labels. */
export interface FoundSeries {
  readonly id: number
  readonly block: number
  readonly labels: Labels
}

/** Number of series that one statement reads. */
const PAGE = 5_000

/** A request for the series of a selector. Without a selector, all series of the tenant match. */
export interface SeriesQuestion {
  readonly tenantId: number
  readonly selector: VectorSelector | undefined
  readonly quoted: QuotedNames
  /** With it, only series with points in a range are found. */
  readonly during?: TimeRange | undefined
}

/** Calls `visit` for each matching series in the order of ids, until it returns false. */
export async function eachMatching(
  tx: Tx,
  { tenantId, selector, quoted, during }: SeriesQuestion,
  visit: (series: FoundSeries) => boolean,
): Promise<void> {
  const rules = rulesOf(selector)
  const logged = during ? await selectLogged(tx, tenantId, during) : undefined
  for (let after = 0, length = PAGE; length === PAGE; ) {
    const rows = await selectSeriesPage(tx, { tenantId, rules, after, during }, PAGE)
    for (const row of rows) {
      if (!row.is_in_range && logged?.has(row.id) !== true) continue
      const labels = labelsOf(row, quoted)
      if (selector && !fits(selector, row, labels)) continue
      if (!visit({ id: row.id, block: row.block, labels })) return
    }
    length = rows.length
    after = rows.at(-1)?.id ?? 0
  }
}

/** Returns the series of a selector by id. @throws {QueryError} when there are more than `most`. */
export async function findMatching(tx: Tx, question: SeriesQuestion, most: number): Promise<readonly FoundSeries[]> {
  const found: FoundSeries[] = []
  await eachMatching(tx, question, (series) => found.push(series) <= most)
  if (found.length <= most) return found
  throw new QueryError('execution', `a selector matches more than ${most} series; add label matchers`)
}

/** Returns rules that exclude most series that cannot match. The matchers decide on the remaining ones. */
function rulesOf(selector: VectorSelector | undefined): readonly SeriesRule[] {
  const rules: SeriesRule[] = []
  for (const { name, operator, value } of selector?.matchers ?? []) {
    if (operator !== '=' || value === '') continue
    if (name === NAME_LABEL) rules.push(calledRule(value))
    else if (name === 'job') rules.push({ kind: 'job', name: value })
    // A label with an underscore may be stored under a name with another character in its place.
    else if (name !== 'unit' && !name.includes('_')) rules.push({ kind: 'label', name, value })
  }
  return rules
}

/** Returns the rule of metrics with this name in either form. */
export function calledRule(name: string): SeriesRule {
  if (metricName(name) !== name || !name.includes('_')) return { kind: 'name', name, forms: [] }
  return { kind: 'name', name, forms: /^_\d/.test(name) ? [name, name.slice(1)] : [name] }
}
