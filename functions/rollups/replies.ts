// Turns the request into a call of the rules, and their result into a reply.

import type { Handlers } from '@penstock/shared/http/service.ts'
import { replyOfJob } from '@penstock/shared/jobs/scheduled.ts'
import type { routes } from './contract.ts'
import { type RollupDeps, run } from './handler.ts'

/** The handler of its route. */
export const handlersOf = (deps: RollupDeps, waitMs: number): Handlers<typeof routes> => ({
  run: (call) => replyOfJob(call, { now: deps.now, waitMs }, (job) => run(deps, job)),
})
