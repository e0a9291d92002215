// The rules of ingest over third-party protocols: decoded points are stored like all others, and points that cannot be stored do not
// affect the rest.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { inPieces, type Pieces } from '@penstock/shared/base/unhurried.ts'
import { type NamedColumns, slicePoints } from '@penstock/shared/points/named-columns.ts'
import type { Rejection } from '@penstock/shared/points/verdicts.ts'
import { type Arrival, storeArrived } from '../arrival.ts'
import type { IngestDeps } from '../deps.ts'
import type { DecodeContext, Decoded } from './collector.ts'
import { untold } from './left-out.ts'

/** A request may hold more points than one transaction should store. */
const POINTS_PER_WRITE = 20_000

/**
 * Stores the points of a request in a third-party protocol; returns the decoded request with all later refusals added, by index. An entry
 * is stored whole or not at all. Safe to repeat when entries have instants of their own or came in a message.
 * @throws {Problem} the errors of `decode`; 503 when the database is not available, after which the whole request may be sent again.
 */
export async function ingestForeign<D extends Decoded>(
  deps: IngestDeps,
  tenant: Tenant,
  arrival: Arrival,
  decode: (context: DecodeContext) => Pieces<D>,
): Promise<D> {
  const memory = deps.series.memoryOf(tenant)
  const decoded = await inPieces(decode({ tenant, limits: deps.limits, now: arrival.now, memory }))
  const refused: Rejection[] = []
  for (let from = 0, to = 0; from < decoded.points.length; from = to) {
    to = endOfWrite(decoded.points, from)
    refused.push(...(await storeArrived(deps, tenant, slicePoints(decoded.points, from, to), arrival, from)))
  }
  if (refused.length === 0 && !decoded.leftOut) return decoded
  const names = untold(tenant.id, decoded.leftOut ?? [], deps.now())
  const rejections = [...decoded.rejections, ...onePerEntry(refused)].toSorted((a, b) => a.index - b.index)
  return { ...decoded, rejections, leftOut: names.length > 0 ? names : undefined }
}

/** An expired month refuses each point of an entry, so duplicates are removed. */
const onePerEntry = (refused: readonly Rejection[]): readonly Rejection[] => [
  ...new Map(refused.map((rejection) => [rejection.index, rejection])).values(),
]

/** Returns the end of the write that begins at `from`, never between two points of one entry. */
function endOfWrite({ length, entry }: NamedColumns, from: number): number {
  let to = Math.min(from + POINTS_PER_WRITE, length)
  while (to < length && entry[to] === entry[to - 1]) to++
  return to
}
