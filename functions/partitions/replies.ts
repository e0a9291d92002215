// Turns requests into calls of the rules, and their results into replies.

import type { Handlers } from '@penstock/shared/http/service.ts'
import { replyOfJob } from '@penstock/shared/jobs/scheduled.ts'
import type { routes } from './contract.ts'
import { list, type PartitionsDeps, run } from './handler.ts'

/** One handler per route. */
export function handlersOf(deps: PartitionsDeps, waitMs: number): Handlers<typeof routes> {
  return {
    run: (call) => replyOfJob(call, { now: deps.now, waitMs }, (job) => run(deps, job)),
    list: async () => ({ json: await list(deps) }),
  }
}
