// The rules of ingest over our own JSON: verdicts, series, the write, the answer.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { type FieldError, Problem } from '@penstock/shared/base/problem.ts'
import { invalidRequest } from '@penstock/shared/http/validation.ts'
import { type IdempotencyKey, keyRefused } from '@penstock/shared/jobs/idempotency.ts'
import type { PointIds } from '@penstock/shared/points/point-id.ts'
import type { PlacedPoint } from '@penstock/shared/points/points.ts'
import { type DecodedPoint, judgeUnhurried, type Rejection } from '@penstock/shared/points/verdicts.ts'
import { echo, lenientAnswer, type Preferences } from './answers.ts'
import { type LenientAnswer, type MinimalAnswer, seriesLimitReached } from './contract.ts'
import type { IngestDeps } from './deps.ts'
import { readVerdicts, toVerdicts } from './idempotency.ts'
import { type Placement, placeOnSeries, withExpired } from './placement.ts'
import { type Ordinals, ordinalsOf, stampFrom } from './stamp-order.ts'
import type { WriteOutcome, Written } from './write-request.ts'

/** The additional dependencies of calls that echo the stored metrics. */
export interface EchoDeps extends IngestDeps {
  readonly pointIds: PointIds
}

export interface IngestRequest {
  /** The parsed body; each entry gets its own verdict. Emptied before the write when it is not needed again. */
  readonly entries: unknown[]
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
  const decided = await decide(deps, caller, request, at)
  const { strict } = request.preferences
  if (strict && decided.rejections.length > 0) throw refusal(request, decided.rejections)
  // While requests wait for earlier writes, the parsed bodies would be most of the process's memory.
  if (!request.preferences.echo && !request.idempotency) request.entries.length = 0

  const { points, first } = await deps.stamp(decided.placed, decided.ordinals, at)
  const outcome = await deps.store(caller.tenant.id, {
    points,
    strict,
    idempotency: request.idempotency && {
      ...request.idempotency,
      verdicts: (written) => toVerdicts({ at, first }, written, withExpired(decided.rejections, written.expired)),
    },
  })
  if (outcome.kind === 'repeated') return await answerAgain(deps, caller, request, outcome.verdicts)
  const written = writtenOrThrow(outcome)
  const rejections = withExpired(decided.rejections, written.expired)
  if (written.kind === 'refused') throw refusal(request, rejections)
  return await answer(deps, request, decided, points, written, rejections)
}

interface Decided extends Placement {
  /** For the echo; empty when none was requested. */
  readonly points: readonly DecodedPoint[]
  readonly ordinals: Ordinals | null
}

/** Makes the verdicts that need no lock: by the contract, the clock, and the tenant's limit of series. */
async function decide(deps: IngestDeps, caller: TenantPrincipal, request: IngestRequest, at: number): Promise<Decided> {
  const { points, rejections } = await judgeUnhurried(request.entries, caller.tenant, deps.limits, at)
  if (request.preferences.strict && rejections.length > 0) return { points: [], ordinals: null, placed: [], rejections }
  const placement = await placeOnSeries(deps.resolveSeries, caller.tenant, points, rejections)
  return { points: request.preferences.echo ? points : [], ordinals: ordinalsOf(points), ...placement }
}

function writtenOrThrow(outcome: Exclude<WriteOutcome, { kind: 'repeated' }>): Written {
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
  const decided = await decide(deps, caller, request, at)
  const points = stampFrom(first, decided.ordinals, decided.placed)
  return await answer(deps, request, decided, points, written, rejections(decided.rejections))
}

async function answer(
  { pointIds }: EchoDeps,
  request: IngestRequest,
  decided: Decided,
  placed: readonly PlacedPoint[],
  written: Written,
  rejections: readonly Rejection[],
): Promise<IngestResult> {
  return {
    minimal: { accepted: written.stored + written.deferred },
    lenient: lenientAnswer(written, rejections),
    echo: request.preferences.echo ? await echo(pointIds, request.entries, decided.points, placed) : null,
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
