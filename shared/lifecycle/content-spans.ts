// The first and the last instant of each series of an object that was written while points were rows: no record has them.
import { sql, type Transaction } from 'kysely'
import type { MetricRun } from '../archive/metric-runs.ts'
import type { Micros } from '../base/time.ts'
import { seriesIdentity } from '../points/series.ts'
import type { Database } from '../schema/index.ts'
import type { TenantMonth } from './run-queries.ts'

export interface Spans {
  readonly series: readonly number[]
  readonly first: readonly Micros[]
  readonly last: readonly Micros[]
}

export interface ContentSpans {
  add(run: MetricRun): void
  /** Returns the spans of the series that have a name in the database. */
  named(tx: Transaction<Database>, month: TenantMonth): Promise<Spans>
}

/** Collects the spans of a content's series; one entry per series is in memory. */
export function openContentSpans(): ContentSpans {
  const spans = new Map<string, { first: Micros; last: Micros }>()
  return {
    add({ series, at }) {
      const [first, last] = [at[0], at.at(-1)]
      if (first === undefined || last === undefined) return
      const identity = seriesIdentity(series)
      const known = spans.get(identity)
      if (known) known.last = Math.max(known.last, last)
      else spans.set(identity, { first, last })
    },
    async named(tx, { tenantId }) {
      const { rows } = await sql<{ id: number; identity: string }>`
        select id, encode(identity_sha256, 'hex') as identity from metric_series
        where tenant_id = ${tenantId}::int
          and identity_sha256 in (select decode(i, 'hex') from unnest(${[...spans.keys()]}::text[]) i)`.execute(tx)
      const found = rows.flatMap(({ id, identity }) => {
        const span = spans.get(identity)
        return span ? [{ id, ...span }] : []
      })
      return {
        series: found.map(({ id }) => id),
        first: found.map(({ first }) => first),
        last: found.map(({ last }) => last),
      }
    },
  }
}
