// Limits one tenant's failure to that tenant.

import { Problem } from '@penstock/shared/base/problem.ts'
import { codeOf } from '@penstock/shared/database/database-errors.ts'

/** When more tenants than this fail, the cause is not in the tenants. */
const MOST_FAILING = 20

export interface Failure {
  readonly tenant: number
  readonly error: unknown
}

/**
 * Runs work for all of these tenants together. When it fails, it runs it for each half of them, until the work of all tenants is done
 * except of those that fail alone; returns these. Work may run several times for a tenant, so it must be safe to repeat.
 * @throws the error of an attempt, when it is a failure of the database, or when more than `MOST_FAILING` tenants fail.
 */
export async function isolateFailing(
  tenants: readonly number[],
  attempt: (tenants: readonly number[]) => Promise<void>,
): Promise<readonly Failure[]> {
  const failing: Failure[] = []
  const waiting = [tenants]
  for (let some = waiting.pop(); some !== undefined; some = waiting.pop()) {
    const error = await attempt(some).then(() => undefined, toTenantError)
    if (error === undefined) continue
    const [only] = some
    if (some.length > 1) waiting.push(some.slice(some.length >> 1), some.slice(0, some.length >> 1))
    else if (only !== undefined) failing.push({ tenant: only, error: error.cause })
    if (failing.length > MOST_FAILING) throw error.cause
  }
  return failing
}

/** Rethrows errors that no single tenant caused. Page corruption counts as the fault of the tenant whose rows it hits. */
function toTenantError(error: unknown): { readonly cause: unknown } {
  if (!isTenantError(error)) throw error
  return { cause: error }
}

/** Returns true when a failure may be caused by the rows of one tenant, so that work on other tenants' rows may succeed. */
export const isTenantError = (error: unknown): boolean =>
  !(error instanceof Problem) || codeOf(error.cause).startsWith('XX')
