// The one place that turns any thrown value into an answer.

import { internal, Problem, typeOf } from '../base/problem.ts'
import type { Reply } from './service.ts'

/**
 * Returns the problem for a thrown value: itself, or the one that an error names as its `problem`. An unknown value becomes a 500 without
 * detail, with the value as its cause for the log.
 */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  if (thrown instanceof Error && 'problem' in thrown && thrown.problem instanceof Problem) return thrown.problem
  return new Problem(internal, 'The cause is in the log, under the request id of this answer.', { cause: thrown })
}

/** Returns the problem in RFC 9457's form, without its headers. `detail` is always a string, because clients read it. */
export function problemReply(problem: Problem): Reply {
  const { kind, detail, errors, members } = problem
  return {
    status: kind.status,
    type: 'application/problem+json',
    json: {
      type: typeOf(kind),
      title: kind.title,
      status: kind.status,
      detail,
      ...(errors ? { errors } : {}),
      ...members,
    },
  }
}
