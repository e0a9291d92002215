// Turns requests into calls of the rules, and their results into replies.

import type { Call, Handlers, Reply } from '@penstock/shared/http/service.ts'
import { callOfJob } from '@penstock/shared/jobs/schedule-time.ts'
import type { routes } from './contract.ts'
import { list, type PartitionsDeps, run } from './handler.ts'

/** Returns one handler per route. A partial run is answered with 500, so that the scheduler tries again. */
export function handlersOf(deps: PartitionsDeps, waitMs: number): Handlers<typeof routes> {
  return {
    async run(call: Call): Promise<Reply> {
      const answer = await run(deps, callOfJob(call, { now: deps.now, waitMs }))
      return { status: answer.status === 'success' ? 200 : 500, json: answer }
    },
    async list(): Promise<Reply> {
      return { json: await list(deps) }
    },
  }
}
