// The time that statements took: by our own measurement, and by pg_stat_statements where the database has it.
import { formatTimestamp, type Micros, toWire } from '@penstock/shared/base/time.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget, roleOf } from '@penstock/shared/database/connection-budget.ts'
import { SLOW_STATEMENT_MS } from '@penstock/shared/report/instance-counters.ts'
import type { QueriesAnswer, TopStatement } from '../contract.ts'
import { type Activity, nothing, shortId, sum } from '../counters/activity.ts'
import { countOf, percentile } from '../counters/buckets.ts'
import type { Report, WindowActivity } from '../counters/window.ts'
import type { CountedStatementRow } from './statement-queries.ts'

export interface StatementsCall {
  readonly tier: Tier
  readonly now: Micros
  readonly limit: number
}

/** Lists statements. `counted` are those of pg_stat_statements, and undefined where the database does not have it. */
export function queriesOf(
  window: WindowActivity,
  counted: readonly CountedStatementRow[] | undefined,
  { tier, now, limit }: StatementsCall,
): QueriesAnswer {
  const deployments = budget.tiers[tier].deployments
  const names = Object.keys(deployments).filter((name) => (deployments[name]?.pool ?? 0) > 0)
  const all = sum(Object.values(window.functions))
  // Each source has half of the list, so that one does not hide the other.
  const half = Math.ceil(limit / 2)
  const own = ownStatements(window, all).slice(0, counted === undefined ? limit : half)
  const others = (counted ?? []).slice(0, limit - own.length).map((row) => toStatement(row, names))
  return {
    ...timesOf(all),
    slow_query_threshold: SLOW_STATEMENT_MS / 1_000,
    timestamp: formatTimestamp(now),
    since: window.since,
    functions: names.map((name) => ({
      function: name,
      slices: deployments[name]?.slices ?? [],
      ...timesOf(window.functions[name] ?? nothing),
    })),
    statement_statistics: counted !== undefined,
    top_statements: [...own, ...others].toSorted((a, b) => b.total_ms - a.total_ms),
  }
}

/** Returns the times of a function's statements. Without a statement they are zeros, and percentiles are null. */
export function timesOf({ statements, statements_ms, slow }: Activity) {
  const calls = countOf(statements)
  return {
    total_queries: calls,
    slow_queries: slow,
    slow_query_percentage: calls === 0 ? 0 : (100 * slow) / calls,
    average_query_time: calls === 0 ? 0 : statements_ms / 1_000 / calls,
    total_query_time: statements_ms / 1_000,
    p50_query_time: inSeconds(percentile(statements, 0.5)),
    p95_query_time: inSeconds(percentile(statements, 0.95)),
    p99_query_time: inSeconds(percentile(statements, 0.99)),
  }
}

const inSeconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000)

function ownStatements({ functions, reports, since }: WindowActivity, all: Activity): readonly TopStatement[] {
  const texts = textsOf(reports)
  return Object.entries(functions)
    .flatMap(([name, { top }]) =>
      top.map(({ id, calls, total_ms, buckets }) => ({
        id,
        function: name,
        text: texts.get(id) ?? '(its text is in no report any more)',
        calls,
        mean_ms: calls === 0 ? 0 : total_ms / calls,
        p95_ms: percentile(buckets, 0.95),
        total_ms,
        share: all.statements_ms > 0 ? Math.min(1, total_ms / all.statements_ms) : 0,
        since,
        source: 'own' as const,
      })),
    )
    .toSorted((a, b) => b.total_ms - a.total_ms)
}

const textsOf = (reports: readonly Report[]): ReadonlyMap<string, string> =>
  new Map(reports.flatMap(({ report }) => (report.top_statements ?? []).map(({ id, text }) => [shortId(id), text])))

function toStatement(row: CountedStatementRow, names: readonly string[]): TopStatement {
  return {
    id: row.id,
    function: names.find((name) => roleOf(name) === row.role) ?? null,
    text: row.text,
    calls: row.calls,
    mean_ms: row.calls === 0 ? 0 : row.total_ms / row.calls,
    p95_ms: null,
    total_ms: row.total_ms,
    share: row.share,
    since: row.since === null ? null : toWire(row.since),
    source: 'pg_stat_statements',
  }
}
