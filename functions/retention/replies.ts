// functions/retention/replies.ts: the routes' handlers: from a request to the rules, and from their answer to a reply
import { callOfJob } from '@penstock/shared/schedule-time.ts'
import type { Call, Handlers, Reply } from '@penstock/shared/service.ts'
import type { routes } from './contract.ts'
import { type RetentionDeps, run } from './handler.ts'

/** One handler per route. A partial run is answered with 500, so that the scheduler tries again. */
export function handlersOf(deps: RetentionDeps, waitMs: number): Handlers<typeof routes> {
  return {
    async run(call: Call<typeof routes.run>): Promise<Reply> {
      const answer = await run(deps, callOfJob(call, { now: deps.now, waitMs }), call.body)
      return { status: answer.status === 'success' ? 200 : 500, json: answer }
    },
  }
}
