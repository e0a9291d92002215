// The shapes of ingest's answers: the echo, the counts, and what the caller preferred.

import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { unhurried } from '@penstock/shared/base/unhurried.ts'
import type { NamedColumns } from '@penstock/shared/points/named-columns.ts'
import type { PlacedColumns } from '@penstock/shared/points/placed-columns.ts'
import { type PointIds, pointId } from '@penstock/shared/points/point-id.ts'
import type { Rejection } from '@penstock/shared/points/verdicts.ts'
import type { LenientAnswer } from './contract.ts'
import type { Written } from './write-request.ts'

/** Entries between which others may get their turn. */
const ECHOED_AT_ONCE = 100
/** No answer passes 24 MiB: the platform cuts at 32. */
const MAX_ANSWER_BYTES = 24 * 1024 * 1024

/** What the caller asked for by `Prefer` (RFC 7240), as far as we know it. */
export interface Preferences {
  /** No `handling=lenient`: one bad entry refuses all. */
  readonly strict: boolean
  /** No `return=minimal`: the stored metrics are sent back. */
  readonly echo: boolean
}

/** Reads `Prefer`; what is not known is ignored, as the RFC asks, and of a preference that is given twice the first counts. */
export function readPreferences(header: string | undefined): Preferences {
  const given = new Map<string, string>()
  for (const part of (header ?? '').split(',')) {
    const [preference = ''] = part.toLowerCase().split(';', 1)
    // Not by a pattern with blanks around the sign: of a header full of blanks that takes a tenth of a second.
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
 * The stored metrics as JSON texts in request order, `metric_metadata` as it was given; null when they would pass 24 MiB together.
 * When a request holds a point more than once, each entry is echoed with its own value.
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
