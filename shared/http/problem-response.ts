// The one place that turns anything thrown into an answer.

import { internal, Problem } from '../base/problem.ts'
import type { Reply } from './service.ts'

/** The problem that a thrown thing is; what is not known becomes a bare 500, with the thing as its cause for the log. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  return new Problem(internal, 'The cause is in the log, under the request id of this answer.', { cause: thrown })
}

/** RFC 9457, without the problem's headers. `detail` is always a string, because clients read it. */
export function problemReply(problem: Problem): Reply {
  const { kind, detail, errors } = problem
  return {
    status: kind.status,
    type: 'application/problem+json',
    json: {
      type: `urn:penstock:problem:${kind.slug}`,
      title: kind.title,
      status: kind.status,
      detail,
      ...(errors ? { errors } : {}),
    },
  }
}
