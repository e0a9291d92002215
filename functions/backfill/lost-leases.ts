// Ranges whose workers do not report: the losses are counted, the range is leased again with increasing delays, and finally fails.
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { type LeaseRow, markLost, selectFailed, sumOpenBlocks } from './lease-queries.ts'
import { advance } from './progress.ts'
import { type JobChange, type LockedJob, updateJob } from './queries.ts'

type Tx = Transaction<Database>

/**
 * Maximum number of times that a range's lease may expire without a report. A range that kills each of its workers would occupy them
 * forever.
 */
const MOST_LOSSES = 10
/** Maximum expired leases that one claim handles: a whole fleet of workers may have died. */
const MAX_LOOKED_AT = 100
const NAMED = 5

/**
 * Returns the range that `lock` finds for the next lease. Each expired lease that it meets is counted as a loss and named in the job's
 * message; when the last range fails, the job may end.
 */
export async function giveUp(
  tx: Tx,
  job: LockedJob,
  lock: () => Promise<LeaseRow | undefined>,
): Promise<{ readonly returned: LeaseRow | undefined; readonly isOver: boolean }> {
  const key = { tenantId: job.tenant_id, jobId: job.id }
  let returned = await lock()
  let lost: LeaseRow | undefined
  let hasFailed = false
  for (let i = 0; i < MAX_LOOKED_AT && returned?.state === 'leased'; i++) {
    lost = await markLost(tx, returned, MOST_LOSSES)
    hasFailed ||= lost.state === 'failed'
    returned = await lock()
  }
  if (!lost) return { returned, isOver: false }
  const change = hasFailed ? await lastWord(tx, job) : {}
  const changed = await updateJob(tx, key, { error_message: messageOf(lost), ...change })
  return { returned: returned?.state === 'leased' ? undefined : returned, isOver: changed.status === 'failed' }
}

/** Returns the job's progress. When all ranges are done or failed, and at least one failed, the job fails and its message names them. */
export async function lastWord(tx: Tx, job: LockedJob): Promise<JobChange> {
  const key = { tenantId: job.tenant_id, jobId: job.id }
  const change = advance(job, await sumOpenBlocks(tx, key))
  if (change.status !== 'failed') return change
  const failed = await selectFailed(tx, key, NAMED + 1)
  const named = failed.slice(0, NAMED).map(({ start_block, end_block }) => `${start_block} to ${end_block}`)
  const blocks = `${named.join(', ')}${failed.length > NAMED ? ' and more' : ''}`
  return {
    ...change,
    error_message: `Blocks ${blocks} were abandoned: the leases of their workers expired ${MOST_LOSSES} times without a report. All other blocks are done. Find out what ends the workers, then start a job for these blocks.`,
  }
}

function messageOf({ start_block, end_block, worker, losses, state }: LeaseRow): string {
  const blocks = `Blocks ${start_block} to ${end_block}`
  return state === 'failed'
    ? `${blocks} are abandoned: the leases of their workers expired ${losses} times without a report. The job continues with the other blocks, and then fails.`
    : `${blocks}: the lease of the worker ${JSON.stringify(worker)} expired without a report, ${losses} of ${MOST_LOSSES} times.`
}
