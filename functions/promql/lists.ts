// The rules of lists: series, names and values of labels, and metrics.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import type { TimeRange } from '@penstock/shared/points/stored-rows.ts'
import { compareLabels, entriesOf, type Labels, valueOf } from './columns/labels.ts'
import { openTime } from './columns/query-time.ts'
import type { MatchQuery, MetadataQuery } from './contract.ts'
import type { PromqlDeps } from './handler.ts'
import { TRUNCATED } from './http/envelope.ts'
import { readInstant, readLimit, readSelectors } from './http/parameters.ts'
import { calledRule, eachMatching, type FoundSeries } from './stored/matching-series.ts'
import { labelName, metricName, type QuotedNames, quotedNamesOf } from './stored/naming.ts'
import { microsOf } from './stored/read-selections.ts'
import { listMetrics } from './stored/series-queries.ts'
import { executionError, QueryError } from './syntax/query-error.ts'

/** A list, and the warnings that belong to it. */
export interface Listed<T> {
  readonly data: T
  readonly warnings: readonly string[]
}

/** Lists the series of selectors, in the order of their labels. @throws {QueryError} for wrong parameters, and when too many series match. */
export async function listSeries(
  deps: PromqlDeps,
  caller: TenantPrincipal,
  query: MatchQuery,
): Promise<Listed<readonly Readonly<Record<string, string>>[]>> {
  if ((query['match[]'] ?? []).length === 0) throw new QueryError('bad_data', 'no match[] parameter provided')
  const found = new Map<string, Labels>()
  const most = Math.min(readLimit(query.limit), deps.limits.entries)
  await eachOf(deps, caller, query, ({ labels }) => {
    found.set(labels.key, labels)
    return found.size <= most
  })
  const { data, warnings } = cut([...found.values()].toSorted(compareLabels), most)
  return { data: data.map((labels) => Object.fromEntries(entriesOf(labels))), warnings }
}

/** Lists the names of labels, those of the selectors' series where there are selectors. Throws like `listSeries`. */
export async function listLabels(
  deps: PromqlDeps,
  caller: TenantPrincipal,
  query: MatchQuery,
): Promise<Listed<readonly string[]>> {
  return await listTexts(deps, caller, query, ({ labels }) => entriesOf(labels).map(([name]) => name))
}

/** Lists the values of a label. Throws like `listSeries`. */
export async function listValues(
  deps: PromqlDeps,
  caller: TenantPrincipal,
  name: string,
  query: MatchQuery,
): Promise<Listed<readonly string[]>> {
  const quoted = labelName(name) === name ? [] : [name]
  return await listTexts(deps, caller, query, ({ labels }) => [valueOf(labels, name)], new Set(quoted))
}

async function listTexts(
  deps: PromqlDeps,
  caller: TenantPrincipal,
  query: MatchQuery,
  textsOf: (series: FoundSeries) => readonly string[],
  quoted?: QuotedNames,
): Promise<Listed<readonly string[]>> {
  const most = Math.min(readLimit(query.limit), deps.limits.entries)
  const found = new Set<string>()
  await eachOf(
    deps,
    caller,
    query,
    (series) => {
      for (const text of textsOf(series)) if (text !== '') found.add(text)
      return true
    },
    quoted,
  )
  return cut([...found].toSorted(byBytes), most)
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const cut = <T>(all: readonly T[], most: number): Listed<readonly T[]> =>
  all.length > most ? { data: all.slice(0, most), warnings: [TRUNCATED] } : { data: all, warnings: [] }

/** Calls `visit` for each series of the selectors, or of the tenant when there is no selector, that has points between `start` and `end`. */
async function eachOf(
  { db, limits, now }: PromqlDeps,
  { tenant }: TenantPrincipal,
  query: MatchQuery,
  visit: (series: FoundSeries) => boolean,
  quoted?: QuotedNames,
): Promise<void> {
  const during = rangeOf(query)
  const selectors = readSelectors(query['match[]'] ?? [])
  const names = new Set([...(quoted ?? []), ...quotedNamesOf(selectors)])
  const time = openTime(now, limits.queryMs)
  let read = 0
  for (const selector of selectors.length > 0 ? selectors : [undefined]) {
    const visitEach = (series: FoundSeries): boolean => {
      if (++read > limits.listedSeries)
        throw executionError(
          `more than ${limits.listedSeries.toLocaleString('en-US')} series match; add a match[] with label matchers`,
        )
      return visit(series)
    }
    const question = { tenantId: tenant.id, selector, quoted: names, during }
    await db
      .read(tenant.id, async (tx) => await eachMatching(tx, question, visitEach), { ...time.unit(), oneSnapshot: true })
      .catch((error: unknown) => {
        time.check()
        throw error
      })
  }
}

/** Returns the range of a list; undefined when neither end is given. @throws {QueryError} for what is not an instant. */
function rangeOf({ start, end }: MatchQuery): TimeRange | undefined {
  const [from, to] = [start ? readInstant('start', start) : undefined, end ? readInstant('end', end) : undefined]
  if (from === undefined && to === undefined) return undefined
  return { from: microsOf(from ?? Number.NEGATIVE_INFINITY), to: microsOf(to ?? Number.POSITIVE_INFINITY) }
}

interface Described {
  readonly type: 'unknown'
  readonly help: ''
  readonly unit: string
}

/** Lists metrics with their units. Their types are not stored. @throws {QueryError} for wrong parameters. */
export async function listMetadata(
  { db, limits }: PromqlDeps,
  { tenant }: TenantPrincipal,
  query: MetadataQuery,
): Promise<Listed<Readonly<Record<string, readonly Described[]>>>> {
  const most = Math.min(readLimit(query.limit), limits.entries)
  const mostOfMetric = readLimit(query.limit_per_metric, 'limit_per_metric')
  const name = query.metric || undefined
  const rows = await db.read(tenant.id, (tx) =>
    listMetrics(tx, tenant.id, name === undefined ? undefined : calledRule(name), limits.entries),
  )
  const byName = Map.groupBy(rows, ({ metric_type }) => (metric_type === name ? name : metricName(metric_type)))
  const { data, warnings } = cut([...byName], most)
  const described = data.map(([metric, of]) => {
    const units = [...new Set(of.map(({ unit }) => (unit === '1' ? '' : unit)))].slice(0, mostOfMetric)
    return [metric, units.map((unit): Described => ({ type: 'unknown', help: '', unit }))] as const
  })
  return { data: Object.fromEntries(described), warnings }
}
