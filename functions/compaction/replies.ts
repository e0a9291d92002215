// functions/compaction/replies.ts: the route's handler: from a request to the rules, and from their answer to a reply
import { callOfJob } from '@penstock/shared/schedule-time.ts'
import type { Handlers } from '@penstock/shared/service.ts'
import { parseJson, validateBody } from '@penstock/shared/validation.ts'
import { RunRequest, type routes } from './contract.ts'
import { type CompactionDeps, run } from './handler.ts'

/** A partial run is answered with 500, so that the scheduler tries again. */
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
