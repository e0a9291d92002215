// Decides for each entry: a point that may be stored, or the reason why not. The verdicts depend only on the entries and the given
// instant.

import type { Tenant } from '../auth/principal.ts'
import type { FieldError } from '../base/problem.ts'
import { formatTimestamp, HOUR, type Micros, monthStart } from '../base/time.ts'
import type { VerdictCode } from '../base/wire.ts'
import { readLabels } from './labels.ts'
import { parseMetric } from './metric.ts'

/** A point that may be stored, with the name of its series, which is not resolved yet. */
export interface DecodedPoint {
  /** Its index in the request, from 0. */
  readonly index: number
  readonly service: string
  readonly type: string
  readonly unit: string
  /** Canonical text of the labels; `{}` for none. */
  readonly labels: string
  /** Null when the entry has no instant of its own and gets one when it is stored. */
  readonly at: Micros | null
  readonly value: number
}

export interface Rejection {
  readonly index: number
  readonly code: VerdictCode
  /** One sentence for a person that names the field and the limit. */
  readonly detail: string
  /** The same by field; pointers are relative to the entry. */
  readonly errors: readonly FieldError[]
}

export interface TimeLimits {
  readonly earliestYear: number
  readonly maxAheadHours: number
}

interface Verdicts {
  readonly points: DecodedPoint[]
  readonly rejections: Rejection[]
}

/** Returns the verdicts on entries of our JSON, in order. `first` is the index of the first entry in the request. */
export function judgeEntries(
  entries: readonly unknown[],
  tenant: Tenant,
  limits: TimeLimits,
  now: Micros,
  first = 0,
): Verdicts {
  const points: DecodedPoint[] = []
  const rejections: Rejection[] = []
  const judge = entryJudge(tenant, limits, now)
  for (const [i, entry] of entries.entries()) {
    const verdict = judge(entry, first + i)
    if ('errors' in verdict) rejections.push(verdict)
    else points.push(verdict)
  }
  return { points, rejections }
}

/** Makes the function that judges an entry of our JSON. `now` is the clock for the limits on timestamps. */
export function entryJudge(
  tenant: Tenant,
  limits: TimeLimits,
  now: Micros,
): (entry: unknown, index: number) => DecodedPoint | Rejection {
  const judgeInstant = instantJudge(limits, now)
  return (entry, index) => {
    const verdict = judge(entry, index, tenant)
    if ('errors' in verdict || verdict.at === null) return verdict
    return judgeInstant(index, verdict.at) ?? verdict
  }
}

/** The first and the last instant that a point may have. */
export interface InstantRange {
  readonly earliest: Micros
  readonly latest: Micros
}

export const instantRange = ({ earliestYear, maxAheadHours }: TimeLimits, now: Micros): InstantRange => ({
  earliest: monthStart(`${earliestYear}-01-01`),
  latest: now + maxAheadHours * HOUR,
})

/** Makes the rejections of instants that lie outside the range. */
export function instantRejector(limits: TimeLimits, now: Micros): (index: number, at: Micros) => Rejection {
  const { earliest } = instantRange(limits, now)
  return (index, at) => (at < earliest ? tooOld(index, earliest) : tooFarAhead(index, limits))
}

/** Makes the function that judges an entry's instant: it returns the reason of a refusal, or undefined. */
export function instantJudge(limits: TimeLimits, now: Micros): (index: number, at: Micros) => Rejection | undefined {
  const { earliest, latest } = instantRange(limits, now)
  const rejectAt = instantRejector(limits, now)
  return (index, at) => (at < earliest || at > latest ? rejectAt(index, at) : undefined)
}

function judge(entry: unknown, index: number, tenant: Tenant): DecodedPoint | Rejection {
  const parsed = parseMetric(entry)
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({ pointer: pointerOf(issue.path), detail: issue.message }))
    return reject(index, 'invalid', errors)
  }
  const metric = parsed.data
  const labels = identityLabels(metric.metric_metadata, tenant.ignoredLabels)
  if ('broken' in labels) return reject(index, 'invalid', [{ pointer: '/metric_metadata', detail: labels.broken }])
  return {
    index,
    service: metric.service_name,
    type: metric.metric_type,
    unit: metric.unit,
    labels: labels.canonical,
    at: metric.timestamp ?? null,
    // Turns -0 into 0: a roll-up's minimum must not depend on which of the two came first.
    value: metric.metric_value + 0,
  }
}

const NO_LABELS = { canonical: '{}' } as const

/** Returns the canonical text of labels without those that the tenant ignores, or the rule that they break as a sentence. */
export function identityLabels(
  labels: Readonly<Record<string, unknown>> | null | undefined,
  ignored: readonly string[],
): { readonly canonical: string } | { readonly broken: string } {
  return labels ? readLabels(labels, ignored) : NO_LABELS
}

function tooOld(index: number, earliest: Micros): Rejection {
  return reject(index, 'too_old', [
    { pointer: '/timestamp', detail: `must not be before ${formatTimestamp(earliest)}` },
  ])
}

function tooFarAhead(index: number, limits: TimeLimits): Rejection {
  return reject(index, 'too_far_ahead', [
    {
      pointer: '/timestamp',
      detail: `must not be more than ${limits.maxAheadHours} hours ahead of the server's clock`,
    },
  ])
}

type Reason = Pick<Rejection, 'detail' | 'errors'>

/** Cache of the reasons that were made recently. */
const reasons = new Map<string, Reason>()
const MAX_REASONS = 1_000

/**
 * Makes a rejection whose sentence consists of its errors. Rejections for one reason share the sentence: for 100,000 refused entries of
 * three bytes each, copies would take most of an instance's memory.
 */
export function reject(index: number, code: VerdictCode, errors: readonly FieldError[]): Rejection {
  const key = errors.map(({ pointer, detail }) => `${pointer}\0${detail}`).join('\0')
  const { detail, errors: shared } = reasons.get(key) ?? remember(key, errors)
  return { index, code, detail, errors: shared }
}

function remember(key: string, errors: readonly FieldError[]): Reason {
  const detail = errors.map((error) => `${error.pointer.slice(1) || 'the entry'} ${error.detail}`).join('; ')
  const reason = { detail, errors }
  if (reasons.size >= MAX_REASONS) reasons.clear()
  reasons.set(key, reason)
  return reason
}

const pointerOf = (path: readonly PropertyKey[]): string => path.map((part) => `/${String(part)}`).join('')
