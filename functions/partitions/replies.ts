// functions/partitions/replies.ts: the routes' handlers: from a request to the rules, and from their answer to a reply

import { requestContext } from '@penstock/shared/logger.ts'
import type { Call, Handlers, Reply } from '@penstock/shared/service.ts'
import type { routes } from './contract.ts'
import { list, type PartitionsDeps, run } from './handler.ts'
import { scheduleTimeOf } from './schedule-time.ts'

/** What a call needs of its own time to answer that another run outlasted it. */
const MARGIN_MS = 1_000

/** One handler per route. A partial run is answered with 500, so that the scheduler tries again. */
export function handlersOf(deps: PartitionsDeps, waitMs: number): Handlers<typeof routes> {
  return {
    async run({ headers }: Call): Promise<Reply> {
      const remainingMs = (requestContext.getStore()?.deadline ?? Number.POSITIVE_INFINITY) - deps.now()
      const patienceMs = Math.min(waitMs, remainingMs - MARGIN_MS)
      const answer = await run(deps, { scheduleTime: scheduleTimeOf(headers), waitMs: patienceMs })
      return { status: answer.status === 'success' ? 200 : 500, json: answer }
    },
    async list(): Promise<Reply> {
      return { json: await list(deps) }
    },
  }
}
