// The common part of all points of a series, as the bytes of JSON with gaps for the rest. An instance caches it, because it never
// changes.
import { canonicalLabels } from '@penstock/shared/points/labels.ts'
import { type PointIds, pointId, type SeriesCode } from '@penstock/shared/points/point-id.ts'
import type { SeriesRow } from '@penstock/shared/reading/named-series.ts'
import { LRUCache } from 'lru-cache'
import { onlySeries } from '../months/points.ts'

/** The identity of a series as texts. */
export interface SeriesNames {
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  /** Canonical JSON; null for a series without labels. */
  readonly labels: string | null
}

/** The contract's Metric is `head`, the value, `tail`; ids and times have fixed lengths, so their positions are fixed. */
export interface PointTemplate {
  readonly head: Buffer
  readonly tail: Buffer
  /** The position in the tail where the time begins. */
  readonly timeAt: number
  /** The names of the series, for the forms that are not a list of Metrics. */
  readonly names: SeriesNames
}

export interface SeriesMemory {
  /** Returns the cached templates of these series by id, and the ids of the others, each once. */
  recall(tenantId: number, ids: Int32Array): { readonly known: Map<number, PointTemplate>; readonly unknown: number[] }
  /** Makes the templates of series, by id, and caches them. */
  learn(tenantId: number, series: readonly SeriesRow[]): ReadonlyMap<number, PointTemplate>
}

/** The position in the head where the id begins. */
export const ID_AT = '{"id":"'.length
const SOME_TIME = '2026-11-20T17:09:01.123456Z'
const REMEMBERED_BYTES = 16 * 1024 * 1024
/** Memory of an entry in addition to its bytes. */
const OVERHEAD_BYTES = 500

/** Opens an empty cache of at most `maxBytes`. The templates that were used least recently are evicted first. */
export function openSeriesMemory(pointIds: PointIds, maxBytes = REMEMBERED_BYTES): SeriesMemory {
  const remembered = new LRUCache<string, PointTemplate>({ maxSize: maxBytes, sizeCalculation: bytesOf })
  return {
    recall(tenantId, ids) {
      const known = new Map<number, PointTemplate>()
      const unknown: number[] = []
      const only = onlySeries(ids)
      for (const id of only === undefined ? new Set(ids) : [only]) {
        const template = remembered.get(`${tenantId} ${id}`)
        if (template) known.set(id, template)
        else unknown.push(id)
      }
      return { known, unknown }
    },
    learn(tenantId, series) {
      const codes = pointIds.codesOf(series.map(({ id }) => id))
      const learned = new Map(series.map((row) => [row.id, templateOf(row, codes.get(row.id) ?? '')]))
      for (const [id, template] of learned) remembered.set(`${tenantId} ${id}`, template)
      return learned
    },
  }
}

/** The names are about as long as the bytes that hold them. */
const bytesOf = ({ head, tail }: PointTemplate): number => 2 * (head.length + tail.length) + OVERHEAD_BYTES

/** Makes the template of a series' points. */
export function templateOf(series: SeriesRow, code: SeriesCode): PointTemplate {
  const { service_name, metric_type, unit } = series
  const labels = metadata(series)
  const names = `"service_name":${JSON.stringify(service_name)},"metric_type":${JSON.stringify(metric_type)}`
  const toTime = Buffer.from(`,"unit":${JSON.stringify(unit)},"timestamp":"`)
  return {
    head: Buffer.from(`{"id":"${pointId(code, 0)}",${names},"metric_value":`),
    tail: Buffer.concat([toTime, Buffer.from(`${SOME_TIME}","metric_metadata":${labels}}`)]),
    timeAt: toTime.length,
    names: { service_name, metric_type, unit, labels: labels === 'null' ? null : labels },
  }
}

/** Returns labels in the form of answers: canonical, or null when there are none. */
export function metadata({ labels }: Pick<SeriesRow, 'labels'>): string {
  const canonical = canonicalLabels(labels)
  return canonical === '{}' ? 'null' : canonical
}
