import { Problem } from '@penstock/shared/base/problem.ts'
import { expect } from 'vitest'

/** Returns the problem that a promise was rejected with. Another outcome fails the test. */
export async function refusal(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Problem)
  return error as Problem
}
