// Lists series with the first and last instant of each, wherever its points are.

import { archiveTooLarge, Problem } from '@penstock/shared/base/problem.ts'
import { fromPostgres, toPostgres } from '@penstock/shared/base/time.ts'
import { isLogStore } from '@penstock/shared/points/store-switch.ts'
import { archivedIn, type ObjectSpan } from '@penstock/shared/reading/archive-spans.ts'
import { bytesOfWanted, toWanted } from '@penstock/shared/reading/named-series.ts'
import { type AcrossDeps, readAcross, readSteadily } from '@penstock/shared/reading/steady-months.ts'
import { listSeries, matches, type SeriesFilter, type SeriesSpan } from '../queries.ts'
import { listStoredSeries } from '../stored-queries.ts'
import { type EndsMemory, findEnds } from './archive-ends.ts'

export interface SeriesDeps extends AcrossDeps {
  readonly endsMemory: EndsMemory
}

/** The position after which a page of series begins, and its maximum of series. */
export interface SeriesPaging {
  readonly filter: SeriesFilter
  readonly afterId: number
  readonly limit: number
}

const ALL_TIME = { from: -Number.MAX_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER }

/**
 * Returns the matching series with ids above `afterId`, lowest first. Returns fewer than `limit`, but at least one, when `limit` series would read too
 * much of the archive.
 * @throws {Problem} 422 when even one series would read too much, 503 when the archive does not answer.
 */
export async function findSeries(
  deps: SeriesDeps,
  { filter, afterId, limit }: SeriesPaging,
): Promise<{ readonly rows: readonly SeriesSpan[]; readonly isCut: boolean }> {
  if (await isLogStore(deps.db)) {
    const rows = await deps.db.read(filter.tenantId, (tx) =>
      listStoredSeries(tx, { tenantId: filter.tenantId, matching: matches(filter) }, afterId, limit),
    )
    return { rows, isCut: false }
  }
  const range = { tenantId: filter.tenantId, ...ALL_TIME }
  const first = await deps.db.read(filter.tenantId, (tx) =>
    readSteadily(tx, range, async (away) => ({ away, rows: await listSeries(tx, filter, afterId, limit) })),
  )
  if (archivedIn(first.away, range.from, range.to).length === 0) return { rows: first.rows, isCut: false }

  for (let count = first.rows.length; ; count = Math.ceil(count / 2)) {
    try {
      const rows = await readAcross(deps, range, async (archive, away) => {
        const listed = await deps.db.read(filter.tenantId, (tx) => listSeries(tx, filter, afterId, count))
        await archive.hold(bytesOfWanted(toWanted(listed)))
        return await withArchive({ archive, memory: deps.endsMemory }, archivedIn(away, range.from, range.to), listed)
      })
      return { rows, isCut: count < first.rows.length }
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== archiveTooLarge || count <= 1) throw error
    }
  }
}

async function withArchive(
  deps: Parameters<typeof findEnds>[0],
  spans: readonly ObjectSpan[],
  rows: readonly SeriesSpan[],
): Promise<readonly SeriesSpan[]> {
  const all = rows.map((series) => {
    const { first_ts: first, last_ts: last } = series
    const ends = first === null || last === null ? undefined : { first: fromPostgres(first), last: fromPostgres(last) }
    return { series, ends }
  })
  const found = await findEnds(deps, spans, all)
  return rows.map((row) => {
    const ends = found.get(row.id)
    return ends ? { ...row, first_ts: toPostgres(ends.first), last_ts: toPostgres(ends.last) } : row
  })
}
