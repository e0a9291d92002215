// Turns requests into calls of the rules, and their results into replies.

import type { Call, Handlers } from '@penstock/shared/http/service.ts'
import { readIdempotencyKey } from '@penstock/shared/jobs/idempotency.ts'
import type { routes } from './contract.ts'
import { comment, comments, type FeedbackDeps, flag, rate, user, type Writer } from './handler.ts'
import { stats } from './stats.ts'

/** Returns the handler of each route. */
export function handlersOf(deps: FeedbackDeps): Handlers<typeof routes> {
  return {
    rate: async (call) => ({ json: await rate(deps, writerOf(call), call.body) }),
    comment: async (call) => ({ json: await comment(deps, writerOf(call), call.body) }),
    flag: async (call) => ({ json: await flag(deps, writerOf(call), call.body) }),
    stats: async ({ caller, query }) => ({ text: await stats(deps, caller, query) }),
    comments: async ({ caller, query }) => ({ json: await comments(deps, caller, query) }),
    user: async ({ caller, query }) => ({ json: await user(deps, caller, query) }),
  }
}

const writerOf = ({ caller, headers, url, bytes }: Call<(typeof routes)['rate' | 'comment' | 'flag']>): Writer => ({
  caller,
  idempotency: readIdempotencyKey(headers['idempotency-key'], url.pathname, bytes),
})
