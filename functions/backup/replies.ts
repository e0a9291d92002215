// Turns requests into calls of the rules, and their results into replies.
import { busy, Problem } from '@penstock/shared/base/problem.ts'
import type { Call, Handlers, Reply } from '@penstock/shared/http/service.ts'
import { callOfJob } from '@penstock/shared/jobs/schedule-time.ts'
import { replyOfJob } from '@penstock/shared/jobs/scheduled.ts'
import { reasonOf } from './cloud/admin-errors.ts'
import type { routes } from './contract.ts'
import type { BackupDeps } from './deps.ts'
import { cleanUp, proceed, readExports, readHistory, readStatus, runExport, runVerification } from './handler.ts'

const statuses = { success: 200, in_progress: 202, failed: 500 } as const

/** One handler per route. */
export function handlersOf(deps: BackupDeps, waitMs: number): Handlers<typeof routes> {
  const patience = { now: deps.now, waitMs }
  const toJob = (call: Pick<Call, 'headers'>) => callOfJob(call, patience)
  return {
    verify: async (call) => replyOfRun(await runVerification(deps, toJob(call), call.body)),
    history: async ({ query }) => ({ json: await readHistory(deps, query.limit) }),
    cleanup: async () => ({ json: await asking(async () => await cleanUp(deps)) }),
    status: async () => ({ json: await asking(async () => await readStatus(deps)) }),
    export: async (call) => replyOfRun(await runExport(deps, toJob(call), call.body)),
    exports: async ({ query }) => ({ json: await readExports(deps, query.limit) }),
    proceed: async (call) => replyOfJob(call, patience, async (job) => await proceed(deps, job)),
  }
}

const replyOfRun = (run: { readonly status: keyof typeof statuses }): Reply => ({
  status: statuses[run.status],
  json: run,
})

/** A failure of the Admin API is not a fault of this function. */
async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Problem) throw error
    throw busy(`The Cloud SQL Admin API refused a question: ${reasonOf(error)}`, error, 10)
  }
}
