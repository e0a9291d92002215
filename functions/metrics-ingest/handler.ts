// The rules of ingest over our own JSON: verdicts, series, the write, the answer.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { type FieldError, Problem } from '@penstock/shared/base/problem.ts'
import { invalidRequest } from '@penstock/shared/http/validation.ts'
import { type IdempotencyKey, keyRefused } from '@penstock/shared/jobs/idempotency.ts'
import type { PlacedColumns } from '@penstock/shared/points/columns.ts'
import type { NamedColumns } from '@penstock/shared/points/named-columns.ts'
import type { PointIds } from '@penstock/shared/points/point-id.ts'
import type { Rejection } from '@penstock/shared/points/verdicts.ts'
import { echo, lenientAnswer, type Preferences } from './answers.ts'
import { type LenientAnswer, type MinimalAnswer, seriesLimitReached } from './contract.ts'
import type { IngestDeps } from './deps.ts'
import { readVerdicts, toVerdicts } from './idempotency.ts'
import { type JudgedMetrics, judgeMetrics } from './judge-metrics.ts'
import { placeOnSeries, withExpired } from './placement.ts'
import type { DecodeContext } from './protocols/collector.ts'
import { type Ordinals, ordinalsOf, stampFrom } from './stamp-order.ts'
import { type SettledOutcome, storePoints } from './store-points.ts'
import type { Written } from './write-request.ts'

/** The additional dependencies of calls that echo the stored metrics. */
export interface EchoDeps extends IngestDeps {
  readonly pointIds: PointIds
}

export interface IngestRequest {
  /** The parsed body; each entry gets its own verdict. Emptied before the write when it is not needed again. */
  readonly entries: unknown[]
  /** Validates the bytes of the body instead of `entries` when nothing is echoed. */
  readonly scan?: (context: DecodeContext) => Promise<JudgedMetrics>
  /** Returns the JSON pointer of an entry in the body: `/3` in a batch, empty for a single metric. */
  readonly pointerOf: (index: number) => string
  readonly preferences: Preferences
  readonly idempotency: IdempotencyKey | null
}

/** The result of a request. `echo` is JSON text, one object per entry in request order; null when it was not requested or is too long. */
export interface IngestResult {
  readonly minimal: MinimalAnswer
  readonly lenient: LenientAnswer
  readonly echo: readonly string[] | null
}

/**
 * Stores the points of a request exactly once, however often it is sent. Safe to repeat when entries have timestamps of their own or the
 * request has an idempotency key.
 * @throws {Problem} 422 naming each invalid entry when the request is strict; 422 or 409 for an idempotency key that was used with
 * another payload or is in use; 503 when the database is not available.
 */
export async function ingest(deps: EchoDeps, caller: TenantPrincipal, request: IngestRequest): Promise<IngestResult> {
  const at = deps.now() * 1000
  const judged = await judge(deps, caller, request, at)
  const { strict } = request.preferences
  if (strict && judged.rejections.length > 0) throw refusal(request, judged.rejections)
  // While requests wait for earlier writes, the parsed bodies would be most of the process's memory.
  if (!request.preferences.echo && !request.idempotency) request.entries.length = 0

  const { outcome, points, rejections } = await storePoints(deps, caller.tenant, {
    ...judged,
    strict,
    stamps: { near: at },
    claim: (first, refused) =>
      request.idempotency && {
        ...request.idempotency,
        verdicts: (written) => toVerdicts({ at, first }, written, withExpired(refused, written.expired)),
      },
  })
  if (outcome.kind === 'repeated') return await answerAgain(deps, caller, request, outcome.verdicts)
  const written = writtenOrThrow(outcome)
  const refused = withExpired(rejections, written.expired)
  if (written.kind === 'refused') throw refusal(request, refused)
  return await answer(deps, request, judged.points, points, written, refused)
}

interface Judged extends JudgedMetrics {
  readonly ordinals: Ordinals | null
}

/** Makes the verdicts that need no database: by the contract and by the clock. */
async function judge(deps: IngestDeps, caller: TenantPrincipal, request: IngestRequest, now: number): Promise<Judged> {
  const { tenant } = caller
  const context = { tenant, limits: deps.limits, now, memory: deps.series.memoryOf(tenant) }
  const judged = request.scan ? await request.scan(context) : await judgeMetrics(context, request.entries)
  return { ...judged, ordinals: ordinalsOf(judged.points) }
}

function writtenOrThrow(outcome: Exclude<SettledOutcome, { kind: 'repeated' }>): Written {
  if (outcome.kind === 'mismatch' || outcome.kind === 'running') throw keyRefused(outcome.kind)
  return outcome
}

/** Makes the first answer again from the payload and the stored verdicts: with the same clock, verdicts, instants and counts. */
async function answerAgain(
  deps: EchoDeps,
  caller: TenantPrincipal,
  request: IngestRequest,
  remembered: Record<string, unknown>,
): Promise<IngestResult> {
  const { at, first, written, rejections } = readVerdicts(remembered)
  const judged = await judge(deps, caller, request, at)
  const { placed } = await placeOnSeries(deps.series, caller.tenant, judged.points, [])
  const points = stampFrom(first, judged.ordinals, placed)
  return await answer(deps, request, judged.points, points, written, rejections(judged.rejections))
}

async function answer(
  { pointIds }: EchoDeps,
  request: IngestRequest,
  judged: NamedColumns,
  placed: PlacedColumns,
  written: Written,
  rejections: readonly Rejection[],
): Promise<IngestResult> {
  return {
    minimal: { accepted: written.stored + written.deferred },
    lenient: lenientAnswer(written, rejections),
    echo: request.preferences.echo ? await echo(pointIds, request.entries, judged, placed) : null,
  }
}

function refusal(request: IngestRequest, rejections: readonly Rejection[]): Problem {
  const errors: FieldError[] = rejections.flatMap((rejection) =>
    rejection.errors.map((error) => ({
      pointer: request.pointerOf(rejection.index) + error.pointer,
      detail: error.detail,
    })),
  )
  const problem = invalidRequest(errors)
  const limitReached = rejections.every((rejection) => rejection.code === 'series_limit_reached')
  return limitReached ? new Problem(seriesLimitReached, problem.detail, { errors: problem.errors ?? [] }) : problem
}
