// One tenant's failure is that tenant's

import { Problem } from '@penstock/shared/base/problem.ts'
import { codeOf } from '@penstock/shared/database/database-errors.ts'

/** Where more tenants than this fail, it is not the tenants. */
const MOST_FAILING = 20

export interface Failure {
  readonly tenant: number
  readonly error: unknown
}

/**
 * Attempts work for all of these tenants together and, where that fails, for each half of them: after some steps the work of
 * all but those that fail by themselves is done, and these are answered. Work is done again for some, so it is safe to repeat.
 * @throws what an attempt throws, when it is the database's trouble, or when more than `MOST_FAILING` fail.
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

/** Whether a failure may be due to the rows of a tenant, and work on others' rows succeed. */
export const isTenantError = (error: unknown): boolean =>
  !(error instanceof Problem) || codeOf(error.cause).startsWith('XX')
