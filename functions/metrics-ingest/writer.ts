// The write path's transaction: one for a group of requests of one tenant.

import { requestContext } from '@penstock/shared/base/logger.ts'
import { isOverQuota, Problem } from '@penstock/shared/base/problem.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { isDatabaseTrouble } from '@penstock/shared/database/database-errors.ts'
import { claimKeys, readKeys, rememberKeys } from '@penstock/shared/jobs/idempotency-queries.ts'
import { writePoints, writePointsInOneTrip } from '@penstock/shared/points/write-points.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { createGroupCommit, type Submit } from './group-commit.ts'
import { type AppendPoints, writeToLog } from './write-log.ts'
import type { WriteOutcome, WriteRequest } from './write-request.ts'

export interface WriterDeps {
  readonly db: Pick<PenstockDatabase, 'read' | 'write' | 'pipelineInTenant'>
  readonly now: Clock
}

/** Stores a request of a tenant; resolves after the commit. Safe to repeat: the same points are written to the same rows. */
export type Store = Submit<WriteRequest, WriteOutcome>

const MAX_GROUP_POINTS = 20_000
/** This many points occupy a connection by themselves: the transaction's round trips are then a small part. */
const FULL_GROUP_POINTS = 1_000
/** Number of connections of an instance. */
const MAX_GROUPS_AT_ONCE = 2
const MAX_WAITING_POINTS = 200_000
const GROUP_MS = 25_000

export function createWriter({ db, now }: WriterDeps): Store {
  const keysInFlight = new Set<string>()
  const submit = createGroupCommit<WriteRequest, WriteOutcome>({
    // The group belongs to no single request, so it has neither a request's trace nor its deadline.
    commit: async (tenantId, members) =>
      await requestContext.exit(async () => {
        const deadline = now() + GROUP_MS
        if (members.every(({ idempotency }) => idempotency === null)) {
          const append: AppendPoints = (points, epoch) =>
            writePointsInOneTrip(db, tenantId, points, epoch, { deadline })
          return await writeToLog(append, members, [])
        }
        return await db.write(tenantId, (tx) => writeGroup(tx, tenantId, members), { deadline })
      }),
    isTrouble: (error) => !isOverQuota(error) && (error instanceof Problem || isDatabaseTrouble(error)),
    sizeOf: (request) => request.points.length,
    maxGroupPoints: MAX_GROUP_POINTS,
    fullGroupPoints: FULL_GROUP_POINTS,
    maxGroupsAtOnce: MAX_GROUPS_AT_ONCE,
    maxWaitingPoints: MAX_WAITING_POINTS,
  })
  return async (tenantId, request) => {
    if (!request.idempotency) return await submit(tenantId, request)
    const key = `${tenantId} ${request.idempotency.key}`
    if (keysInFlight.has(key)) return { kind: 'running' }
    keysInFlight.add(key)
    try {
      return await submit(tenantId, request)
    } finally {
      keysInFlight.delete(key)
    }
  }
}

/** Writes a group whose members have idempotency keys: their points and verdicts in one transaction, which may run again. */
async function writeGroup(
  tx: Transaction<Database>,
  tenantId: number,
  members: readonly WriteRequest[],
): Promise<readonly WriteOutcome[]> {
  const settled = await settleRepeated(tx, tenantId, members)
  const outcomes = await writeToLog((points, epoch) => writePoints(tx, tenantId, points, epoch), members, settled)
  await remember(tx, tenantId, members, outcomes)
  return outcomes
}

/** Returns an outcome for each member whose idempotency key decides it: repeated, mismatched, or held by another instance. */
async function settleRepeated(
  tx: Transaction<Database>,
  tenantId: number,
  members: readonly WriteRequest[],
): Promise<readonly (WriteOutcome | undefined)[]> {
  const keys = members.flatMap((member) => member.idempotency?.key ?? [])
  if (keys.length === 0) return []
  const claimed = await claimKeys(tx, tenantId, keys)
  const remembered = new Map((await readKeys(tx, tenantId, keys)).map((entry) => [entry.key, entry]))
  return members.map(({ idempotency }) => {
    if (!idempotency) return undefined
    if (!claimed.has(idempotency.key)) return { kind: 'running' }
    const entry = remembered.get(idempotency.key)
    if (!entry) return undefined
    return entry.payload === idempotency.payload ? { kind: 'repeated', verdicts: entry.verdicts } : { kind: 'mismatch' }
  })
}

async function remember(
  tx: Transaction<Database>,
  tenantId: number,
  members: readonly WriteRequest[],
  outcomes: readonly WriteOutcome[],
): Promise<void> {
  const entries = members.flatMap(({ idempotency }, i) => {
    const outcome = outcomes[i]
    // A refusal is not stored: it wrote nothing, and is decided again next time.
    if (!idempotency || outcome?.kind !== 'written') return []
    const { key, payload, hours } = idempotency
    return [{ key, payload, hours, verdicts: idempotency.verdicts(outcome) }]
  })
  if (entries.length > 0) await rememberKeys(tx, tenantId, entries)
}
