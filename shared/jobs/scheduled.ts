// The common parts of all scheduled jobs: one run at a time, and the shape of their answers.
import { logger } from '../base/logger.ts'
import type { Call, Reply } from '../http/service.ts'
import { type JobCall, type JobRunDeps, logAge, runOnce } from './job-run.ts'
import { type CallOfJob, callOfJob } from './schedule-time.ts'

/** The times of a job's lease and of its waits for other runs. */
export const jobPatience = { leaseMs: 30_000, pollMs: 500 }

/** The answer of a run: `partial` when a part of its work failed. */
export interface JobAnswer {
  readonly status: 'success' | 'partial'
}

/**
 * Runs a job under its lease and logs `<job>.age` before and `<job>.run` after it; `toLog` says which of the answer's fields are logged.
 * @throws {Problem} 503 when another run outlasts the call's patience, and what `work` throws.
 */
export async function runJob<A extends JobAnswer>(
  deps: JobRunDeps,
  call: JobCall,
  { work, toLog }: { readonly work: (renew: () => Promise<void>) => Promise<A>; readonly toLog: (answer: A) => object },
): Promise<A> {
  await logAge(deps, call.job)
  return await runOnce(deps, call, async (renew) => {
    const answer = await work(renew)
    logger.info(toLog(answer), `${call.job}.run`)
    return { outcome: answer.status, result: answer }
  })
}

/** Answers the call of a job. A partial run is answered with 500, so that the scheduler tries again. */
export async function replyOfJob(
  call: Pick<Call, 'headers'>,
  patience: Parameters<typeof callOfJob>[1],
  run: (job: CallOfJob) => Promise<JobAnswer>,
): Promise<Reply> {
  const answer = await run(callOfJob(call, patience))
  return { status: answer.status === 'success' ? 200 : 500, json: answer }
}
