// The limits of a tenant's plan: requests in an hour, and points in a minute.

import { Problem, rateLimited, tooLarge } from '../base/problem.ts'
import type { PenstockDatabase } from '../database/database.ts'
import type { UsageCounter } from '../report/usage.ts'
import { type Policy, takeLease } from './lease-queries.ts'
import { openLeases, type Taken, type TakeUnits } from './leases.ts'
import type { Tenant } from './principal.ts'

export interface Quota {
  /**
   * Takes one request of the tenant, and returns the headers that show the remaining requests; undefined when its plan does not limit requests.
   * @throws {Problem} 429 over the limit; 503 without the database, because nothing may pass the limit.
   */
  takeRequest(tenant: Tenant): Promise<Readonly<Record<string, string>> | undefined>
  /** Takes points of the tenant, all or none. @throws {Problem} 429 over the limit; 413 for more than a whole minute's; 503. */
  readonly takePoints: TakePoints
}

export type TakePoints = (tenant: Tenant, points: number) => Promise<void>

export interface QuotaDeps {
  readonly db: Pick<PenstockDatabase, 'write'>
  readonly usage: UsageCounter
  readonly now: () => number
  readonly elapsed: () => number
}

const policies = {
  requests: { name: 'requests', windowSeconds: 3_600 },
  points: { name: 'points', windowSeconds: 60 },
} as const satisfies Readonly<Record<string, Policy>>

const LEASE_MS = 5_000

/** Opens the limits of all tenants on an instance. */
export function openQuota(deps: QuotaDeps): Quota {
  const takeOf = (policy: Policy, whole: boolean): TakeUnits =>
    openLeases({
      ...deps,
      whole,
      lease: async (wanted) =>
        await deps.db.write(wanted.tenantId, (tx) => takeLease(tx, policy, wanted), {
          deadline: deps.now() + LEASE_MS,
        }),
    })
  const requests = takeOf(policies.requests, false)
  const points = takeOf(policies.points, true)
  return {
    async takeRequest({ id: tenantId, plan }) {
      const limit = plan?.requestsPerHour ?? null
      if (plan === undefined || limit === null) return undefined
      const taken = await requests({ tenantId, limit }, 1)
      if (!taken.isGranted) throw overRequests(plan.name, limit, taken)
      return headersOf(limit, taken)
    },
    async takePoints({ id: tenantId, plan }, count) {
      const limit = plan?.pointsPerMinute ?? null
      if (plan === undefined || limit === null || count === 0) return
      if (count > limit)
        throw new Problem(
          tooLarge,
          `The request has ${count} points, and the plan ${plan.name} allows ${limit} in a minute. Send fewer in a request.`,
        )
      const taken = await points({ tenantId, limit }, count)
      if (taken.isGranted) return
      deps.usage.add(tenantId, { points_refused: count })
      throw overPoints(plan.name, { limit, count }, taken)
    },
  }
}

const secondsOf = (policy: Policy, { endsInMs }: Taken): number =>
  Math.min(policy.windowSeconds, Math.max(1, Math.ceil(endsInMs / 1_000)))

/** The fields of draft-ietf-httpapi-ratelimit-headers, and the older names. */
function headersOf(limit: number, taken: Taken): Readonly<Record<string, string>> {
  const seconds = secondsOf(policies.requests, taken)
  const remaining = taken.isGranted ? taken.remaining : 0
  return {
    'ratelimit-policy': `"requests";q=${limit};w=${policies.requests.windowSeconds}`,
    ratelimit: `"requests";r=${remaining};t=${seconds}`,
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(seconds),
  }
}

function overRequests(plan: string, limit: number, taken: Taken): Problem {
  const retryAfter = secondsOf(policies.requests, taken)
  const detail = `The plan ${plan} allows ${limit} requests an hour. Send the request again in ${retryAfter} s.`
  return new Problem(rateLimited, detail, {
    retryAfter,
    headers: headersOf(limit, taken),
    members: membersOf(policies.requests, detail, { limit, remaining: 0, retry_after: retryAfter }),
  })
}

function overPoints(
  plan: string,
  { limit, count }: { readonly limit: number; readonly count: number },
  taken: Taken,
): Problem {
  const retryAfter = secondsOf(policies.points, taken)
  const { remaining } = taken
  const detail = `The request has ${count} points. The plan ${plan} allows ${limit} in a minute, of which ${remaining} are left. Send it again in ${retryAfter} s.`
  return new Problem(rateLimited, detail, {
    retryAfter,
    members: membersOf(policies.points, detail, { limit, remaining, retry_after: retryAfter }),
  })
}

const membersOf = (
  { name, windowSeconds }: Policy,
  message: string,
  details: Readonly<Record<string, number>>,
): Readonly<Record<string, unknown>> => ({
  'violated-policies': [name],
  error: { code: 'RATE_LIMIT_EXCEEDED', message, details: { ...details, window: windowSeconds } },
})
