// The points of a detection: what was counted, as series of the service `penstock.carbon`, which no sender may write.
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import { makeColumns, sortColumns } from '@penstock/shared/points/columns.ts'
import { canonicalLabels } from '@penstock/shared/points/labels.ts'
import type { Appended } from '@penstock/shared/points/log-queries.ts'
import { collectPoints } from '@penstock/shared/points/named-columns.ts'
import { readSeries } from '@penstock/shared/points/read-series.ts'
import type { SeriesResolver } from '@penstock/shared/points/series.ts'
import { writePoints } from '@penstock/shared/points/write-points.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { CameraKey } from './queries.ts'

type Tx = Transaction<Database>

const SERVICE = 'penstock.carbon'
const SAVED = 'carbon_saved'
const UNIT = '1'

/** The values of a detection with the ids of their series. */
export interface ZonePoints {
  readonly values: readonly {
    readonly type: string
    readonly id: number
    readonly block: number
    readonly value: number
  }[]
  readonly epoch: number
  /** Says why the tenant has no room for the series; null when it has. */
  readonly limitDetail: string | null
}

/** Finds the series of what a camera counted, and adds those that are missing. Safe to repeat. */
export async function resolvePoints(
  resolver: SeriesResolver,
  tenant: Tenant,
  { zoneId, cameraId }: CameraKey,
  counted: Readonly<Record<string, number | undefined>>,
): Promise<ZonePoints> {
  const labels = canonicalLabels({ camera: String(cameraId), zone: String(zoneId) })
  const values = Object.entries(counted).flatMap(([type, value]) => (value === undefined ? [] : [{ type, value }]))
  const memory = resolver.memoryOf(tenant)
  const points = collectPoints()
  for (const { type, value } of values)
    points.add(0, points.placeOf(memory.know({ service: SERVICE, type, unit: UNIT, labels })), Number.NaN, value)
  const { series, epoch, limitDetail } = await resolver.resolve(tenant, points.columns)
  const placed = values.map((one, i) => {
    const { id = 0, block = 0 } = series[points.columns.name[i] as number] ?? {}
    return { ...one, id, block }
  })
  return { values: placed, epoch, limitDetail }
}

/** Returns the value that was saved by this camera at an instant; undefined when there is none. */
export async function savedAt(
  tx: Tx,
  { tenantId }: CameraKey,
  { values }: ZonePoints,
  at: Micros,
): Promise<number | undefined> {
  const series = values.find(({ type }) => type === SAVED)
  if (!series) return undefined
  const found = await readSeries(tx, { tenantId, series: [series], from: at, to: at })
  return found.get(series.id)?.value[0]
}

/** Writes the values at an instant, in the caller's transaction. */
export async function storePoints(
  tx: Tx,
  { tenantId }: CameraKey,
  { values, epoch }: ZonePoints,
  at: Micros,
): Promise<Appended> {
  const columns = makeColumns(values.length)
  for (const [i, { id, block, value }] of values.entries()) {
    columns.series[i] = id
    columns.block[i] = block
    columns.at[i] = at
    columns.value[i] = value
  }
  return await writePoints(tx, tenantId, sortColumns(columns), epoch)
}
