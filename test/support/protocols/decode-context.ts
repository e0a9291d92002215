// The context of a decoder in tests: a tenant, a fixed clock, and a function that reads its refusals.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import { atOnce, type Pieces } from '@penstock/shared/base/unhurried.ts'
import type { NamedColumns } from '@penstock/shared/points/named-columns.ts'
import { createSeriesMemories } from '@penstock/shared/points/series-memory.ts'
import type { DecodedPoint } from '@penstock/shared/points/verdicts.ts'
import type { Decoded } from '../../../functions/metrics-ingest/protocols/collector.ts'

/** 2026-11-20T12:00:00Z */
export const NOON_MS = Date.UTC(2026, 10, 20, 12)

export function decodeContext(tenant: Partial<Tenant> = {}) {
  const now = NOON_MS * 1000
  return {
    tenant: { id: 1, name: 't', seriesLimit: 1_000, ignoredLabels: [], ...tenant },
    limits: { earliestYear: 2010, maxAheadHours: 24 },
    now,
    memory: createSeriesMemories().of(1),
  }
}

/** Runs a decoder to its end and returns its result, with the points one by one. */
export function decodeAtOnce<D extends Decoded>(
  pieces: Pieces<D>,
): Omit<D, 'points'> & { readonly points: DecodedPoint[] } {
  const decoded = atOnce(pieces)
  return { ...decoded, points: pointsOf(decoded.points) }
}

export function pointsOf({ length, entry, name, at, value, series }: NamedColumns): DecodedPoint[] {
  return Array.from({ length }, (_, i) => {
    const { service = '', type = '', unit = '', labels = '' } = series[name[i] ?? 0] ?? {}
    const instant = at[i] ?? 0
    return {
      index: entry[i] ?? -1,
      service,
      type,
      unit,
      labels,
      at: Number.isNaN(instant) ? null : instant,
      value: value[i] ?? 0,
    }
  })
}

/** Returns the status of the problem that decoding throws; 200 when it succeeds. Any other error is rethrown. */
export function statusOf(decode: () => unknown): number {
  try {
    decode()
    return 200
  } catch (error) {
    if (error instanceof Problem) return error.kind.status
    throw error
  }
}

/** Returns pseudo-random whole numbers from 0 to below `count`: the same ones for the same seed. */
export function randomFrom(seed: number): (count: number) => number {
  let state = seed
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * count)
  }
}

/** Returns a copy with one to four bytes, or a range, changed, removed or inserted. */
export function mutated(bytes: Buffer, random: (count: number) => number): Buffer {
  let copy = Buffer.from(bytes)
  for (let left = 1 + random(4); left > 0; left--) {
    const at = random(copy.length + 1)
    const kind = random(5)
    if (kind === 0) copy = copy.subarray(0, at)
    else if (kind === 1) copy = Buffer.concat([copy.subarray(0, at), Buffer.from([random(256)]), copy.subarray(at)])
    else if (kind === 2) copy = Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random(8))])
    else if (kind === 3) copy = Buffer.concat([copy.subarray(0, at), copy.subarray(random(copy.length + 1))])
    else if (at < copy.length) copy[at] = [random(256), 0, 255, 127, 128, 34, 92, 10][random(8)] ?? 0
  }
  return copy
}

/** Rounds of fuzzing: few with the other tests; FUZZ_ROUNDS sets another number. */
export const fuzzRounds = Number(process.env['FUZZ_ROUNDS'] ?? 1_000)
