// Plans which parts of its snapshot's objects a sum reads.

import { HOUR, hourOf, type Micros } from '@penstock/shared/base/time.ts'
import { readLogged } from '@penstock/shared/points/read-series.ts'
import type { SeriesId } from '@penstock/shared/points/series-queries.ts'
import type { TimeRange } from '@penstock/shared/points/stored-rows.ts'
import { spanOfObject } from '@penstock/shared/reading/month-objects.ts'
import { type MonthUnder, selectMonthObjects } from '@penstock/shared/reading/object-queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { nameSeries } from '../months/archive-series.ts'
import type { UnderPart, UnderPlan } from './archived-under.ts'
import type { SumAsk } from './sums.ts'

/** Returns the parts of objects that a sum has to read. @throws {Problem} 422 when it would look for more than `mostNamed` series. */
export async function planUnder(
  tx: Transaction<Database>,
  ask: SumAsk,
  series: readonly SeriesId[],
  mostNamed: number,
): Promise<UnderPlan> {
  const { tenantId } = ask.filter
  const objects = await selectMonthObjects(tx, { tenantId, from: ask.from, to: ask.to })
  const touched = new Map<number, Set<Micros>>()
  const parts: UnderPart[] = []
  for (const object of objects) {
    const { from, to } = spanOfObject(object, ask)
    for (const part of partsOf(ask, { from, to })) {
      if (part.kind === 'points') {
        parts.push({ ...part, object })
        continue
      }
      const logged = await readLogged(tx, { tenantId, series, from: part.from, to: part.to })
      for (const [id, { at }] of logged) addHours(touched, id, at)
      if (!object.isRolledUp) parts.push({ ...part, kind: 'hours', object })
      else if (logged.size > 0) parts.push({ ...hoursAround(logged.values()), kind: 'touched', object })
    }
  }
  if (parts.length === 0) return { objects, parts, touched, series: { keys: [], ids: [] } }
  const ids = series.map(({ id }) => id)
  return { objects, parts, touched, series: await nameSeries(tx, tenantId, ids, mostNamed) }
}

type Part = TimeRange & { readonly kind: 'points' | 'hours' }

/** The whole hours of a span where hours are fine enough; its other parts are read point by point. */
function partsOf({ from: begin, to: end, byHours }: SumAsk, { from, to }: TimeRange): readonly Part[] {
  const [first, behind] = [Math.ceil(begin / HOUR) * HOUR, Math.floor((end + 1) / HOUR) * HOUR]
  if (!byHours || first >= behind) return [{ from, to, kind: 'points' }]
  const parts: Part[] = [
    { from, to: Math.min(to, first - 1), kind: 'points' },
    { from: Math.max(from, first), to: Math.min(to, behind - 1), kind: 'hours' },
    { from: Math.max(from, behind), to, kind: 'points' },
  ]
  return parts.filter((part) => part.from <= part.to)
}

function addHours(touched: Map<number, Set<Micros>>, id: number, at: Float64Array): void {
  const own = touched.get(id) ?? new Set<Micros>()
  touched.set(id, own)
  for (const instant of at) own.add(hourOf(instant))
}

function hoursAround(logged: Iterable<{ readonly at: Float64Array }>): TimeRange {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { at } of logged) {
    from = Math.min(from, hourOf(at[0] as number))
    to = Math.max(to, hourOf(at.at(-1) as number) + HOUR - 1)
  }
  return { from, to }
}

/** Returns the object that holds the month of an instant; undefined when none does. */
export function holderOf(objects: readonly MonthUnder[], at: Micros): MonthUnder | undefined {
  return objects.find((object) => {
    const { from, to } = spanOfObject(object, { from: at, to: at })
    return from === at && to === at
  })
}
