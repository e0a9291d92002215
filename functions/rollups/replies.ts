// Turns the request into a call of the rules, and their result into a reply.

import type { Call, Handlers, Reply } from '@penstock/shared/http/service.ts'
import { callOfJob } from '@penstock/shared/jobs/schedule-time.ts'
import type { routes } from './contract.ts'
import { type RollupDeps, run } from './handler.ts'

/** Returns the route's handler. A partial run is answered with 500, so that the scheduler tries again. */
export function handlersOf(deps: RollupDeps, waitMs: number): Handlers<typeof routes> {
  return {
    async run(call: Call): Promise<Reply> {
      const answer = await run(deps, callOfJob(call, { now: deps.now, waitMs }))
      return { status: answer.status === 'success' ? 200 : 500, json: answer }
    },
  }
}
