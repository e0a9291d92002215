// What the points of a series share, as the bytes of JSON, with places for what they do not. An instance remembers it: it never changes.
import { canonicalLabels } from '@penstock/shared/points/labels.ts'
import { type PointIds, pointId, type SeriesCode } from '@penstock/shared/points/point-id.ts'
import type { SeriesRow } from '../queries.ts'

/** The contract's Metric is `head`, the value, `tail`; ids and times have one length each, so their places are fixed. */
export interface PointTemplate {
  readonly head: Buffer
  readonly tail: Buffer
  /** Where in the tail the time begins. */
  readonly timeAt: number
}

export interface SeriesMemory {
  /** Templates of these series by id, as far as they are remembered, and the ids of the others, each once. */
  recall(tenantId: number, ids: Int32Array): { readonly known: Map<number, PointTemplate>; readonly unknown: number[] }
  /** Makes the templates of series, by id, and remembers them. */
  learn(tenantId: number, series: readonly SeriesRow[]): ReadonlyMap<number, PointTemplate>
}

/** Where in the head the id begins. */
export const ID_AT = '{"id":"'.length
const SOME_TIME = '2026-11-20T17:09:01.123456Z'
const REMEMBERED_BYTES = 16 * 1024 * 1024
/** Beside its bytes, of an entry. */
const OVERHEAD_BYTES = 500

/** An empty memory of so many bytes. What was not asked for longest goes first. */
export function openSeriesMemory(pointIds: PointIds, maxBytes = REMEMBERED_BYTES): SeriesMemory {
  // A map keeps its entries in the order in which they were set: the first is the oldest.
  const remembered = new Map<string, PointTemplate>()
  let bytes = 0
  const put = (key: string, template: PointTemplate): void => {
    remembered.delete(key)
    remembered.set(key, template)
  }
  return {
    recall(tenantId, ids) {
      const known = new Map<number, PointTemplate>()
      const unknown: number[] = []
      for (const id of new Set(ids)) {
        const key = `${tenantId} ${id}`
        const template = remembered.get(key)
        if (template) put(key, template)
        if (template) known.set(id, template)
        else unknown.push(id)
      }
      return { known, unknown }
    },
    learn(tenantId, series) {
      const codes = pointIds.codesOf(series.map(({ id }) => id))
      const learned = new Map<number, PointTemplate>()
      for (const row of series) {
        const key = `${tenantId} ${row.id}`
        const template = templateOf(row, codes.get(row.id) ?? '')
        learned.set(row.id, template)
        if (!remembered.has(key)) bytes += bytesOf(template)
        put(key, template)
      }
      for (const [oldest, gone] of remembered) {
        if (bytes <= maxBytes) break
        remembered.delete(oldest)
        bytes -= bytesOf(gone)
      }
      return learned
    },
  }
}

const bytesOf = ({ head, tail }: PointTemplate): number => head.length + tail.length + OVERHEAD_BYTES

/** The template of a series' points. */
export function templateOf(series: SeriesRow, code: SeriesCode): PointTemplate {
  const names = `"service_name":${JSON.stringify(series.service_name)},"metric_type":${JSON.stringify(series.metric_type)}`
  const toTime = Buffer.from(`,"unit":${JSON.stringify(series.unit)},"timestamp":"`)
  return {
    head: Buffer.from(`{"id":"${pointId(code, 0)}",${names},"metric_value":`),
    tail: Buffer.concat([toTime, Buffer.from(`${SOME_TIME}","metric_metadata":${metadata(series)}}`)]),
    timeAt: toTime.length,
  }
}

/** Labels as they are answered: canonical, or null where there are none. */
export function metadata({ labels }: Pick<SeriesRow, 'labels'>): string {
  const canonical = canonicalLabels(labels)
  return canonical === '{}' ? 'null' : canonical
}
