// Ranges whose workers do not report: counted, handed out again a little later each time, and given up in the end.
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { type LeaseRow, markLost, selectFailed, sumOpenBlocks } from './lease-queries.ts'
import { advance } from './progress.ts'
import { type JobChange, type LockedJob, updateJob } from './queries.ts'

type Tx = Transaction<Database>

/** So often may the lease of a range expire without a report. A range that kills each of its workers would keep them busy for ever. */
const MOST_LOSSES = 10
/** Expired leases that one claim looks at: a whole fleet may have died. */
const MAX_LOOKED_AT = 100
const NAMED = 5

/**
 * The range that is handed out next, as `lock` finds it. Each one on the way whose lease expired is counted as lost, and the job's message
 * says so; with the last range the job may be over.
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

/** How far the job is; when all is done but the ranges that have failed, it is failed, and says which they are. */
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
