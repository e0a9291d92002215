// Group commit: requests that arrive during a transaction of the same tenant wait, and share the next one. Few connections can carry many
// requests in this way. An idle instance waits for nothing, and neither does a request that fills a group alone.
import { busy, tooMany } from '@penstock/shared/base/problem.ts'
import { createShares } from '@penstock/shared/base/shares.ts'

export interface GroupCommitSettings<Member, Outcome> {
  /** Commits these together, in order, and returns an outcome for each. Throws when nothing was committed, or the result is unknown. */
  commit(tenantId: number, members: readonly Member[]): Promise<readonly Outcome[]>
  /** Returns true for a failure of the database instead of a member: running the members alone would only add load. */
  isTrouble(error: unknown): boolean
  /** Returns the number of points of a member. */
  sizeOf(member: Member): number
  /** Maximum points of a group; a single larger member is committed alone. */
  readonly maxGroupPoints: number
  /** When a tenant has this many waiting points, a further group begins at once on another connection, instead of waiting to grow. */
  readonly fullGroupPoints: number
  /** Maximum concurrent transactions of a tenant. */
  readonly maxGroupsAtOnce: number
  /**
   * Maximum waiting points of all tenants; each tenant has a share of them (shared/base/shares.ts), above which new requests are refused.
   */
  readonly maxWaitingPoints: number
}

interface Waiting<Member, Outcome> {
  readonly member: Member
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/** The waiting requests of one tenant. */
interface Queue<Member, Outcome> {
  readonly waiting: Waiting<Member, Outcome>[]
  /** Points of the waiting requests. */
  points: number
  /** Number of transactions in progress. */
  running: number
}

/**
 * Submits one member; resolves with its own outcome after its commit. Members in progress at the same time may be committed in either
 * order; one that is submitted after another's outcome is committed after it. When a group fails, its members are run again one by one, so
 * that an invalid one does not affect the others.
 * @throws {Problem} 429 when too many points of this tenant are waiting, 503 when too many of all tenants are.
 */
export type Submit<Member, Outcome> = (tenantId: number, member: Member) => Promise<Outcome>

export function createGroupCommit<Member, Outcome>(
  settings: GroupCommitSettings<Member, Outcome>,
): Submit<Member, Outcome> {
  const queues = new Map<number, Queue<Member, Outcome>>()
  const sizeOf = (member: Member): number => Math.min(settings.sizeOf(member), settings.maxWaitingPoints)
  const waitingPoints = createShares(settings.maxWaitingPoints)

  function startGroups(tenantId: number, queue: Queue<Member, Outcome>): void {
    while (queue.waiting.length > 0 && (queue.running === 0 || isWorthAnother(queue))) void runGroup(tenantId, queue)
    if (queue.running === 0) queues.delete(tenantId)
  }

  const isWorthAnother = ({ points, running }: Queue<Member, Outcome>): boolean =>
    points >= settings.fullGroupPoints && running < settings.maxGroupsAtOnce

  async function runGroup(tenantId: number, queue: Queue<Member, Outcome>): Promise<void> {
    const group = takeGroup(queue, { sizeOf, maxGroupPoints: settings.maxGroupPoints })
    queue.running++
    waitingPoints.give(String(tenantId), group.points)
    await commitGroup(tenantId, group.members)
    queue.running--
    startGroups(tenantId, queue)
  }

  async function commitGroup(tenantId: number, group: readonly Waiting<Member, Outcome>[]): Promise<void> {
    try {
      const outcomes = await settings.commit(
        tenantId,
        group.map(({ member }) => member),
      )
      for (const [i, waiting] of group.entries()) waiting.resolve(outcomes[i] as Outcome)
    } catch (error) {
      if (group.length === 1 || settings.isTrouble(error)) for (const waiting of group) waiting.reject(error)
      else for (const waiting of group) await commitGroup(tenantId, [waiting])
    }
  }

  return async (tenantId, member) => {
    const size = sizeOf(member)
    const refused = waitingPoints.take(String(tenantId), size)
    if (refused === 'over-share')
      throw tooMany('Too many points of this tenant are waiting to be stored. Send them again later.')
    if (refused) throw busy('Too many points are waiting to be stored. Send them again later.')
    const queue = queues.get(tenantId) ?? { waiting: [], points: 0, running: 0 }
    queues.set(tenantId, queue)
    return await new Promise<Outcome>((resolve, reject) => {
      queue.waiting.push({ member, resolve, reject })
      queue.points += size
      startGroups(tenantId, queue)
    })
  }
}

/** Takes the first waiting members, as many as fit into a group, but at least one. */
function takeGroup<Member, Outcome>(
  queue: Queue<Member, Outcome>,
  { sizeOf, maxGroupPoints }: Pick<GroupCommitSettings<Member, Outcome>, 'sizeOf' | 'maxGroupPoints'>,
): { readonly members: readonly Waiting<Member, Outcome>[]; readonly points: number } {
  let points = 0
  let count = 0
  for (const { member } of queue.waiting) {
    if (count > 0 && points + sizeOf(member) > maxGroupPoints) break
    points += sizeOf(member)
    count++
  }
  queue.points -= points
  return { members: queue.waiting.splice(0, count), points }
}
