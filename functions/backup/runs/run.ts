// The parts that exports and verifications share: waiting for operations of the service, and giving up.
import { logger } from '@penstock/shared/base/logger.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import { fromPostgres } from '@penstock/shared/base/time.ts'
import { mayPass, reasonOf } from '../cloud/admin-errors.ts'
import type { Operation } from '../cloud/resources.ts'
import type { SqlAdmin } from '../cloud/sql-admin.ts'
import type { Step } from '../contract.ts'
import type { MayGoOn, RunDeps } from '../deps.ts'
import type { StoredRun } from './run-queries.ts'

export type RunRow = StoredRun<Step>

/** A step cannot succeed; the message is shown to the operator. */
export class StepFailed extends Error {
  /** The results until then. */
  readonly found: Pick<Step, 'checks' | 'tables'>

  constructor(message: string, found: Pick<Step, 'checks' | 'tables'> = {}) {
    super(message)
    this.name = 'StepFailed'
    this.found = found
  }
}

/** When a run began, in milliseconds since 1970. */
export const startedMs = ({ started_at }: RunRow): number => fromPostgres(started_at) / 1_000

interface Attempts<T> {
  readonly mayGoOn: MayGoOn
  /** Returns undefined while it has to wait. */
  readonly attempt: () => Promise<T | undefined>
}

/**
 * Repeats an attempt until it returns something or fails; undefined when the time of the call is over. A call of the service that failed is
 * repeated some times.
 * @throws {Problem} when the database failed, or the lease was lost.
 */
export async function untilDone<T>(
  deps: RunDeps,
  run: RunRow,
  { mayGoOn, attempt }: Attempts<T>,
): Promise<T | StepFailed | undefined> {
  const { limits, now, pause } = deps
  for (let failures = 0; ; await pause(limits.askMs)) {
    // An attempt is made in any case, so that each call brings a run forward.
    const isOver = now() - startedMs(run) > limits.longestMs
    try {
      const done = await attempt()
      if (done !== undefined) return done
      failures = 0
    } catch (error) {
      if (error instanceof StepFailed) return error
      if (error instanceof Problem) throw error
      failures++
      logger.warn({ err: error, run: run.id }, 'backup.call_failed')
      if (!mayPass(error) || failures >= limits.failures) return new StepFailed(reasonOf(error))
    }
    if (isOver) return new StepFailed(`it was not done ${limits.longestMs / 3_600_000} hours after the run began`)
    if (!(await mayGoOn())) return undefined
  }
}

/** Returns true when the newest operation of a type has ended well. @throws {StepFailed} when it failed. */
export async function ended(admin: SqlAdmin, target: string, type: Operation['type']): Promise<boolean> {
  const operation = await admin.operation(target, type)
  if (operation?.error !== undefined) throw new StepFailed(`${target}: ${operation.error}`)
  return operation?.done ?? false
}
