// Turns the request into a call of the rules, and their result into a reply.

import type { Handlers } from '@penstock/shared/http/service.ts'
import { parseJson, validateBody } from '@penstock/shared/http/validation.ts'
import { replyOfJob } from '@penstock/shared/jobs/scheduled.ts'
import { RunRequest, type routes } from './contract.ts'
import { type CompactionDeps, run } from './handler.ts'

/** The handlers of its routes. */
export function handlersOf(deps: CompactionDeps, waitMs: number): Handlers<typeof routes> {
  return {
    rollups: async (call) =>
      await replyOfJob(call, { now: deps.now, waitMs }, async (job) => ({
        ...(await run(deps, { ...job, all: false })),
        buckets: 0,
        watermark: null,
      })),
    async run(call) {
      const { all = false } = call.bytes.length === 0 ? {} : validateBody(RunRequest, parseJson(call.bytes))
      return await replyOfJob(call, { now: deps.now, waitMs }, (job) => run(deps, { ...job, all: all ?? false }))
    },
  }
}
