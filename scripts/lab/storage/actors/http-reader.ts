// Readers over HTTP: pages of a tenant's points, from log, chunks and objects.
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTimestamp, type Micros } from '@penstock/shared/base/time.ts'
import type { Random } from '../../random.ts'
import { keyOf, type Stage } from '../stage.ts'
import { ARCHIVED, OLD } from '../world/instants.ts'
import type { CheckedSeries, CheckedTenant } from '../world/world.ts'
import { attempt } from './attempt.ts'
import { keyOfVictim, victimsOf } from './victims.ts'

const COLUMNS = 'application/vnd.penstock.columns+json'
const ABOVE_ALL = 2 ** 31

export async function runHttpReader(stage: Stage, random: Random): Promise<void> {
  while (stage.goesOn()) {
    const tenant = random.pick(stage.world.tenants)
    const instants = random.pick([ARCHIVED, ARCHIVED, OLD, everyInstant(stage)])
    const limit = 5 + random.below(random.chance(0.5) ? 40 : 1_000)
    await attempt(stage, async () => {
      await readPages(stage, tenant, { instants, limit })
      stage.counts.httpReads++
    })
    await sleep(random.below(15))
  }
}

export const everyInstant = ({ world }: Stage): readonly Micros[] => [...OLD, ...ARCHIVED, ...world.instants]

interface Place {
  readonly at: Micros
  readonly id: number
}

interface Asked {
  readonly instants: readonly Micros[]
  readonly limit: number
}

/** Reads the points of a range page by page, and records what each page shows. Returns the points by their keys. */
export async function readPages(
  stage: Stage,
  tenant: CheckedTenant,
  { instants, limit }: Asked,
): Promise<ReadonlyMap<string, number>> {
  const range = { from: Math.min(...instants), to: Math.max(...instants) }
  const query = new URLSearchParams({
    start_time: formatTimestamp(range.from),
    end_time: formatTimestamp(range.to),
    limit: String(limit),
  })
  const all = new Map<string, number>()
  let next: string | undefined = `/api/v1/monitoring/metrics?${query.toString()}`
  let after: Place = { at: range.to, id: ABOVE_ALL }
  while (next !== undefined) {
    const start = performance.now()
    const page = await fetchPage(stage, tenant, next)
    const end = performance.now()
    const seen = new Map(page.points.map(({ key, value }) => [key, value]))
    for (const key of seen.keys()) if (all.has(key)) stage.history.found('read twice', `${key} is on two pages`)
    if (seen.size < page.points.length) stage.history.found('read twice', `a page has a point twice`)
    const last = page.next === undefined ? { at: range.from, id: 0 } : lastOf(page.points, after)
    record(stage, tenant, { after, last, instants, seen, start, end, source: page.source })
    for (const [key, value] of seen) all.set(key, value)
    after = last
    next = page.next
  }
  return all
}

interface SeenPage {
  /** The places that the page covers: after `after`, up to `last`, inclusive. */
  readonly after: Place
  readonly last: Place
  readonly instants: readonly Micros[]
  readonly seen: ReadonlyMap<string, number>
  readonly source: string
  readonly start: number
  readonly end: number
}

function record(
  stage: Stage,
  tenant: CheckedTenant,
  { after, last, instants, seen, source, start, end }: SeenPage,
): void {
  const isCovered = (at: Micros, id: number): boolean =>
    (at < after.at || (at === after.at && id < after.id)) && (at > last.at || (at === last.at && id >= last.id))
  const series = [...tenant.series, ...tenant.pair, ...victimsOf(stage, tenant)]
  const keys = series.flatMap((one) =>
    instants.flatMap((at) => (isCovered(at, one.id) ? [keyOf(tenant, one, at)] : [])),
  )
  const seenOfGone = [...seen.keys()].filter((key) => !keys.includes(key))
  stage.history.saw(
    [...keys, ...seenOfGone].map((key) => [key, seen.get(key) ?? null]),
    start,
    end,
    `HTTP from ${source}`,
  )
  for (const at of new Set(instants)) {
    if (!tenant.pair.every(({ id }) => isCovered(at, id))) continue
    const [one, other] = tenant.pair.map((half) => seen.get(keyOf(tenant, half, at)))
    if (one !== other) stage.history.found('torn', `the pair at ${at} was ${one} and ${other} over HTTP`)
  }
}

interface HttpPoint extends Place {
  readonly key: string
  readonly value: number
}

interface ColumnsOfSeries {
  readonly service_name: string
  readonly metric_metadata: { readonly n: string }
  readonly timestamps: readonly number[]
  readonly values: readonly number[]
}

async function fetchPage(
  stage: Stage,
  tenant: CheckedTenant,
  path: string,
): Promise<{ readonly points: readonly HttpPoint[]; readonly next: string | undefined; readonly source: string }> {
  const headers = { authorization: `Bearer ${tenant.key}`, accept: COLUMNS }
  const answer = await fetch(new URL(path, stage.world.queries), { headers, signal: AbortSignal.timeout(30_000) })
  if (answer.status !== 200) await sleep(300)
  if (answer.status !== 200) throw new Error(`${answer.status}: ${stage.world.lastError().slice(0, 400)}`)
  const known = new Set(everyInstant(stage))
  const series = (await answer.json()) as readonly ColumnsOfSeries[]
  const points = series.flatMap((one) =>
    one.timestamps.flatMap((at, i) =>
      known.has(at) ? [pointOf(stage, tenant, one, { at, value: one.values[i] ?? 0 })] : [],
    ),
  )
  const source = `${answer.headers.get('penstock-source')} ${path.length > 200 ? 'later page' : 'first page'}`
  return { points, source, next: /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] }
}

function pointOf(
  stage: Stage,
  tenant: CheckedTenant,
  { service_name, metric_metadata }: ColumnsOfSeries,
  { at, value }: { readonly at: Micros; readonly value: number },
): HttpPoint {
  if (service_name === 'victim') {
    const { key, id } = keyOfVictim(stage, tenant, { at, value })
    return { at, id, value, key }
  }
  const series = seriesByLabel(tenant, metric_metadata.n)
  return { at, id: series.id, value, key: keyOf(tenant, series, at) }
}

function seriesByLabel(tenant: CheckedTenant, label: string): CheckedSeries {
  const found = [...tenant.series, ...tenant.pair].find((one) => one.label === label)
  if (!found) throw new Error(`no series has the label ${label}`)
  return found
}

/** The last place of a page in page order: the least instant and, of equal ones, the least id. */
function lastOf(points: readonly HttpPoint[], empty: Place): Place {
  return points.reduce<Place>(
    (last, { at, id }) => (at < last.at || (at === last.at && id < last.id) ? { at, id } : last),
    empty,
  )
}
