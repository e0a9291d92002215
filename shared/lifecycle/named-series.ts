// Reads the names of the series that have points in the log.
import { canonicalLabels } from '../points/labels.ts'
import { selectSeriesNames } from './content-queries.ts'
import type { LoggedPoints, LoggedSeries } from './logged-points.ts'
import type { RunDeps } from './run-deps.ts'

const AT_ONCE = 5_000

/** Returns the series with their names; erased series, which have none, are omitted. */
export async function nameLogged({ db }: RunDeps, logged: LoggedPoints): Promise<readonly LoggedSeries[]> {
  const named: LoggedSeries[] = []
  const ids = [...logged.keys()]
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE)
    const rows = await db.readAll((tx) => selectSeriesNames(tx, some))
    for (const { id, service_name: service, metric_type: type, unit, labels } of rows) {
      const points = logged.get(id)
      if (points) named.push({ id, name: { service, type, unit, labels: canonicalLabels(labels) }, points })
    }
  }
  return named
}
