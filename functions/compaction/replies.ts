// Turns the request into a call of the rules, and their result into a reply.

import type { Handlers } from '@penstock/shared/http/service.ts'
import { parseJson, validateBody } from '@penstock/shared/http/validation.ts'
import { callOfJob } from '@penstock/shared/jobs/schedule-time.ts'
import { RunRequest, type routes } from './contract.ts'
import { type CompactionDeps, run } from './handler.ts'

/** Returns the route's handler. A partial run is answered with 500, so that the scheduler tries again. */
export function handlersOf(deps: CompactionDeps, waitMs: number): Handlers<typeof routes> {
  return {
    async run(call) {
      const job = callOfJob(call, { now: deps.now, waitMs })
      const { all } = call.bytes.length === 0 ? {} : validateBody(RunRequest, parseJson(call.bytes))
      const answer = await run(deps, { ...job, all: all ?? false })
      return { status: answer.status === 'success' ? 200 : 500, json: answer }
    },
  }
}
