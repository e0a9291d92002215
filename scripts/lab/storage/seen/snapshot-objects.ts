// The objects that a snapshot names, read as a reader of the archive does, and put under its log and chunks.
import { type WrittenObject, wholeRows } from '@penstock/shared/archive/whole-rows.ts'
import { formatTimestamp, monthOf } from '@penstock/shared/base/time.ts'
import type { Client } from 'pg'
import { keyOf, type Stage } from '../stage.ts'
import { ARCHIVED, OLD } from '../world/instants.ts'
import type { CheckedTenant } from '../world/world.ts'

export interface Stored {
  readonly series_id: number
  readonly at: number
  readonly value: number
}

interface UnderObjects {
  readonly points: readonly Stored[]
  /** Months with an object that is gone by now, because it was replaced after the snapshot. */
  readonly unknown: ReadonlySet<string>
  /** Returns true for a month whose roll-ups need not be those of its points. */
  hasNoRollups(month: string): boolean
}

/** Reads the objects that hold months of the tenant in the snapshot of the client's transaction. */
export async function readUnder(stage: Stage, client: Client, tenant: CheckedTenant): Promise<UnderObjects> {
  const { rows: objects } = await client.query<WrittenObject & { month: string; rolledUp: boolean }>(
    `select name, generation::text as generation, size_bytes::float8 as size, crc32c, rows::float8 as rows, rolled_up as "rolledUp",
       min_ts::text as "minTs", max_ts::text as "maxTs", encode(content_sha256, 'hex') as "contentHash", month::text as month
     from archive where dataset = 'metrics' and tenant_id = $1 and state = 'verified' and month::timestamp at time zone 'UTC' >= ${MARK}`,
    [tenant.id],
  )
  const { rows: marks } = await client.query<{ month: string }>(
    `select to_char(${MARK} at time zone 'UTC', 'YYYY-MM-DD') as month`,
    [tenant.id],
  )
  const mark = marks[0]?.month ?? ''
  const points: Stored[] = []
  const unknown = new Set<string>()
  for (const object of objects) {
    try {
      points.push(...(await pointsOf(stage, tenant, object)))
    } catch {
      unknown.add(object.month)
    }
  }
  const withoutRollups = new Set(objects.filter(({ rolledUp }) => !rolledUp).map(({ month }) => month))
  return {
    points,
    unknown,
    hasNoRollups: (month) => month < mark || unknown.has(month) || withoutRollups.has(month),
  }
}

const MARK = `coalesce((select before from metric_expiry where tenant_id = $1), timestamptz '2000-01-01 00:00:00+00')`

async function pointsOf(stage: Stage, tenant: CheckedTenant, object: WrittenObject): Promise<readonly Stored[]> {
  const deps = { store: stage.world.bucket.store, renew: async () => {}, limits: { blockBytes: 65_536 } }
  const ids = new Map([...tenant.series, ...tenant.pair].map(({ label, id }) => [label, id]))
  const points: Stored[] = []
  for await (const { series, at, value } of wholeRows(deps, object)) {
    const id = ids.get((JSON.parse(series.labels) as { n: string }).n)
    for (let i = 0; id !== undefined && i < at.length; i++)
      points.push({ series_id: id, at: at[i] ?? 0, value: value[i] ?? 0 })
  }
  return points
}

/** Puts points of log and chunks over those of objects, by series and time. */
export function overObjects(over: readonly Stored[], under: readonly Stored[]): readonly Stored[] {
  const all = new Map([...under, ...over].map((point) => [`${point.series_id} ${point.at}`, point]))
  return [...all.values()].sort((a, b) => a.series_id - b.series_id || a.at - b.at)
}

/** Records what the snapshot shows of the months that are archived. */
export function recordArchived(
  { history }: Stage,
  tenant: CheckedTenant,
  {
    all,
    unknown,
    start,
  }: { readonly all: readonly Stored[]; readonly unknown: ReadonlySet<string>; readonly start: number },
): void {
  const seen = new Map(all.map(({ series_id, at, value }) => [keyOf(tenant, { id: series_id }, at), value]))
  const instants = [...OLD, ...ARCHIVED].filter((at) => !unknown.has(monthOf(at)))
  const end = performance.now()
  for (const series of [...tenant.series, ...tenant.pair])
    history.saw(
      instants.map((at) => [keyOf(tenant, series, at), seen.get(keyOf(tenant, series, at)) ?? null]),
      start,
      end,
      'a snapshot with its objects',
    )
  for (const at of instants) {
    const [one, other] = tenant.pair.map((half) => seen.get(keyOf(tenant, half, at)))
    if (one !== other) history.found('torn', `the pair at ${formatTimestamp(at)} was ${one} and ${other} in a snapshot`)
  }
}
