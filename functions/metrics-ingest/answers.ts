// The forms of ingest's answers: the echo, the counts, and the caller's preferences.

import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { unhurried } from '@penstock/shared/base/unhurried.ts'
import type { PlacedColumns } from '@penstock/shared/points/columns.ts'
import type { NamedColumns } from '@penstock/shared/points/named-columns.ts'
import { type PointIds, pointId } from '@penstock/shared/points/point-id.ts'
import type { Rejection } from '@penstock/shared/points/verdicts.ts'
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
  named: NamedColumns,
  placed: PlacedColumns,
): Promise<readonly string[] | null> {
  const pause = unhurried()
  const codes = pointIds.codesOf(placed.series.subarray(0, placed.length))
  const texts: string[] = []
  let bytes = 2
  // Both are in the order of the entries, and an entry is one point.
  for (let i = 0, place = 0; i < named.length && place < placed.length; i++) {
    const entry = named.entry[i] as number
    if (placed.entry[place] !== entry) continue
    const at = placed.at[place] as number
    const code = codes.get(placed.series[place++] as number) ?? ''
    const { metric_metadata } = entries[entry] as { metric_metadata?: unknown }
    const series = named.series[named.name[i] as number]
    const text = JSON.stringify({
      id: pointId(code, at),
      service_name: series?.service,
      metric_type: series?.type,
      metric_value: named.value[i],
      unit: series?.unit,
      timestamp: formatTimestamp(at),
      metric_metadata: metric_metadata ?? null,
    })
    bytes += Buffer.byteLength(text) + 1
    if (bytes > MAX_ANSWER_BYTES) return null
    texts.push(text)
    if (texts.length % ECHOED_AT_ONCE === 0) await pause()
  }
  return texts
}
