// The forms of ingest's answers: the echo, the counts, and the caller's preferences.

import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { unhurried } from '@penstock/shared/base/unhurried.ts'
import { type PointIds, pointId } from '@penstock/shared/points/point-id.ts'
import type { PlacedPoint } from '@penstock/shared/points/points.ts'
import type { DecodedPoint, Rejection } from '@penstock/shared/points/verdicts.ts'
import type { LenientAnswer } from './contract.ts'
import type { Written } from './write-request.ts'

/** Number of entries between two pauses for other requests. */
const ECHOED_AT_ONCE = 100
/** Maximum bytes of an answer: the platform cuts at 32 MiB. */
const MAX_ANSWER_BYTES = 24 * 1024 * 1024

/** The caller's preferences in `Prefer` (RFC 7240), as far as this function supports them. */
export interface Preferences {
  /** True without `handling=lenient`: one invalid entry refuses all. */
  readonly strict: boolean
  /** True without `return=minimal`: the stored metrics are sent back. */
  readonly echo: boolean
}

/** Reads `Prefer`. Unknown preferences are ignored, as the RFC demands, and of a repeated one the first counts. */
export function readPreferences(header: string | undefined): Preferences {
  const given = new Map<string, string>()
  for (const part of (header ?? '').split(',')) {
    const [preference = ''] = part.toLowerCase().split(';', 1)
    // Split instead of matched by a pattern with optional spaces, which takes a tenth of a second for a header full of spaces.
    const [name = '', value = ''] = preference.split('=', 2).map((text) => text.trim())
    if (!given.has(name)) given.set(name, value.replace(/^"(.*)"$/, '$1'))
  }
  return {
    strict: given.get('handling') !== 'lenient',
    echo: given.get('return') !== 'minimal' && given.get('handling') !== 'lenient',
  }
}

export function lenientAnswer(written: Written, rejections: readonly Rejection[]): LenientAnswer {
  return {
    accepted: written.stored,
    deferred: written.deferred,
    rejected: rejections.map(({ index, code, detail }) => ({ index, code, detail })),
  }
}

/**
 * Returns the stored metrics as JSON texts in request order, `metric_metadata` as it was sent; null when they would exceed 24 MiB
 * together. When a request holds a point more than once, each entry is echoed with its own value.
 */
export async function echo(
  pointIds: PointIds,
  entries: readonly unknown[],
  points: readonly DecodedPoint[],
  placed: readonly PlacedPoint[],
): Promise<readonly string[] | null> {
  const pause = unhurried()
  const placeOf = new Map(placed.map((point) => [point.index, point]))
  const codes = pointIds.codesOf(placed.map(({ series }) => series))
  const texts: string[] = []
  let bytes = 2
  for (const point of points) {
    const place = placeOf.get(point.index)
    const code = place && codes.get(place.series)
    if (!place || code === undefined) continue
    const { metric_metadata } = entries[point.index] as { metric_metadata?: unknown }
    const text = JSON.stringify({
      id: pointId(code, place.at),
      service_name: point.service,
      metric_type: point.type,
      metric_value: point.value,
      unit: point.unit,
      timestamp: formatTimestamp(place.at),
      metric_metadata: metric_metadata ?? null,
    })
    bytes += Buffer.byteLength(text) + 1
    if (bytes > MAX_ANSWER_BYTES) return null
    texts.push(text)
    if (texts.length % ECHOED_AT_ONCE === 0) await pause()
  }
  return texts
}
