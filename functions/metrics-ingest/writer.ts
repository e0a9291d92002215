// The write path's transaction: one for a group of requests of one tenant.

import { WRITE_LOCK } from '@penstock/shared/base/locks.ts'
import { requestContext } from '@penstock/shared/base/logger.ts'
import { isOverQuota, Problem } from '@penstock/shared/base/problem.ts'
import type { Clock, Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { isDatabaseTrouble } from '@penstock/shared/database/database-errors.ts'
import { claimKeys, readKeys, rememberKeys } from '@penstock/shared/jobs/idempotency-queries.ts'
import { createMonthFinder } from '@penstock/shared/months/month-finder.ts'
import { type BlockColumns, joinColumns, type Sorted, sortColumns } from '@penstock/shared/points/columns.ts'
import { readWriteState } from '@penstock/shared/points/point-queries.ts'
import { writePoints as appendPoints, writePointsInOneTrip } from '@penstock/shared/points/write-points.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { createGroupCommit, type Submit } from './group-commit.ts'
import { type AppendPoints, writeToLog } from './write-log.ts'
import { NO_POINTS, type PointsByState, partByState, writePoints } from './write-points.ts'
import type { WriteOutcome, WriteRequest, Written } from './write-request.ts'

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
  // The switch never goes back, so it is remembered once it is on. Until then, each transaction reads it under the write lock.
  const store = { isLog: false }
  const submit = createGroupCommit<WriteRequest, WriteOutcome>({
    // The group belongs to no single request, so it has neither a request's trace nor its deadline.
    commit: async (tenantId, members) =>
      await requestContext.exit(async () => {
        const deadline = now() + GROUP_MS
        if (store.isLog && members.every(({ idempotency }) => idempotency === null)) {
          const append: AppendPoints = (points, epoch) =>
            writePointsInOneTrip(db, tenantId, points, epoch, { deadline })
          return await writeToLog(append, members, [])
        }
        const lock = store.isLog ? {} : { sharedLock: WRITE_LOCK }
        return await db.write(tenantId, (tx) => writeGroup(tx, tenantId, members, store), { deadline, ...lock })
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

/**
 * Writes a group under the write lock: marks and months, then points, deferred points, invalidations and verdicts. The whole may run
 * again.
 */
async function writeGroup(
  tx: Transaction<Database>,
  tenantId: number,
  members: readonly WriteRequest[],
  store: { isLog: boolean },
): Promise<readonly WriteOutcome[]> {
  const settled = await settleRepeated(tx, tenantId, members)
  if (store.isLog) return await writeGroupToLog(tx, tenantId, members, settled)
  const fresh = members.map((member, i) => (settled[i] ? NO_POINTS : sortColumns(member.points)))
  const monthOf = createMonthFinder()
  const state = await readWriteState(tx, tenantId, monthsOf(fresh, monthOf))
  if (state.isLog) {
    store.isLog = true
    return await writeGroupToLog(tx, tenantId, members, settled)
  }

  const stateAt = (at: Micros): string | undefined => state.months[monthOf(at)]
  const placed = members.map(
    (member, i) => settled[i] ?? movedFrom(member, state.seriesEpoch) ?? place(member, fresh[i] ?? NO_POINTS, stateAt),
  )
  const points = placed.flatMap((outcome) => ('live' in outcome ? [outcome] : []))
  await writePoints(tx, tenantId, state.fence, {
    live: joinSorted(points.map(({ live }) => live)),
    waiting: joinSorted(points.map(({ waiting }) => waiting)),
  })

  const outcomes = placed.map((outcome) => ('live' in outcome ? outcome.written : outcome))
  await remember(tx, tenantId, members, outcomes)
  return outcomes
}

const movedFrom = ({ epoch }: WriteRequest, current: number): WriteOutcome | undefined =>
  epoch === current ? undefined : { kind: 'moved', epoch: current }

function monthsOf(parts: readonly BlockColumns[], monthOf: (at: Micros) => string): readonly string[] {
  const months = new Set<string>()
  for (const { at, length } of parts) for (let i = 0; i < length; i++) months.add(monthOf(at[i] as number))
  return [...months]
}

/** Joins several parts into one. Of equal points, the point of the last part remains. */
function joinSorted(parts: readonly Sorted<BlockColumns>[]): Sorted<BlockColumns> {
  const filled = parts.filter(({ length }) => length > 0)
  const [only = NO_POINTS] = filled
  return filled.length <= 1 ? only : sortColumns(joinColumns(filled))
}

async function writeGroupToLog(
  tx: Transaction<Database>,
  tenantId: number,
  members: readonly WriteRequest[],
  settled: readonly (WriteOutcome | undefined)[],
): Promise<readonly WriteOutcome[]> {
  const outcomes = await writeToLog((points, epoch) => appendPoints(tx, tenantId, points, epoch), members, settled)
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

interface Placed extends PointsByState {
  readonly written: Written
}

/** Decides where each point of a member goes, by the state of its month, and makes the member's outcome. */
function place(
  member: WriteRequest,
  points: Sorted<BlockColumns>,
  stateAt: (at: Micros) => string | undefined,
): Placed {
  const parted = partByState(points, stateAt)
  const [stored, deferred] = [parted.live.length, parted.waiting.length]
  if (stored + deferred === points.length)
    return { written: { kind: 'written', stored, deferred, expired: [] }, ...parted }
  // All entries of the request, including those that a later one replaced, because each gets its own verdict.
  const { at, entry } = member.points
  const expired = [...entry.subarray(0, member.points.length)].filter((_, i) => stateAt(at[i] as number) === 'expired')
  if (member.strict)
    return { written: { kind: 'refused', stored: 0, deferred: 0, expired }, live: NO_POINTS, waiting: NO_POINTS }
  return { written: { kind: 'written', stored, deferred, expired }, ...parted }
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
