// What the points of a series share, as the bytes of JSON, with places for what they do not. An instance remembers it: it never changes.
import { canonicalLabels } from '@penstock/shared/labels.ts'
import { pointId } from '@penstock/shared/point-id.ts'
import { LRUCache } from 'lru-cache'
import type { SeriesRow } from './queries.ts'

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
  /** Makes the template of a series, and remembers it. */
  learn(tenantId: number, series: SeriesRow): PointTemplate
}

/** Where in the head the id begins. */
export const ID_AT = '{"id":"'.length
const SOME_TIME = '2026-11-20T17:09:01.123456Z'
const REMEMBERED_BYTES = 16 * 1024 * 1024
/** Beside its bytes, of an entry. */
const OVERHEAD_BYTES = 500

/** An empty memory. */
export function openSeriesMemory(maxSize = REMEMBERED_BYTES): SeriesMemory {
  const remembered = new LRUCache<string, PointTemplate>({
    maxSize,
    sizeCalculation: ({ head, tail }) => head.length + tail.length + OVERHEAD_BYTES,
  })
  return {
    recall(tenantId, ids) {
      const known = new Map<number, PointTemplate>()
      const unknown: number[] = []
      for (const id of new Set(ids)) {
        const template = remembered.get(`${tenantId} ${id}`)
        if (template) known.set(id, template)
        else unknown.push(id)
      }
      return { known, unknown }
    },
    learn(tenantId, series) {
      const template = templateOf(series)
      remembered.set(`${tenantId} ${series.id}`, template)
      return template
    },
  }
}

/** The template of a series' points. */
export function templateOf(series: SeriesRow): PointTemplate {
  const names = `"service_name":${JSON.stringify(series.service_name)},"metric_type":${JSON.stringify(series.metric_type)}`
  const toTime = Buffer.from(`,"unit":${JSON.stringify(series.unit)},"timestamp":"`)
  return {
    head: Buffer.from(`{"id":"${pointId(series.id, 0)}",${names},"metric_value":`),
    tail: Buffer.concat([toTime, Buffer.from(`${SOME_TIME}","metric_metadata":${metadata(series)}}`)]),
    timeAt: toTime.length,
  }
}

/** Labels as they are answered: canonical, or null where there are none. */
export function metadata({ labels }: Pick<SeriesRow, 'labels'>): string {
  const canonical = canonicalLabels(labels)
  return canonical === '{}' ? 'null' : canonical
}
