// Group commit: what arrives while a transaction of the same tenant is under way waits, and goes together in the next one.
// Few connections carry many requests this way; an idle instance waits for nothing, and neither does what fills a group by itself.
import { busy, tooMany } from '@penstock/shared/base/problem.ts'
import { createShares } from '@penstock/shared/base/shares.ts'

export interface GroupCommitSettings<Member, Outcome> {
  /** Commits these together, in order, and answers an outcome for each. Throws when nothing was committed, or it is not known. */
  commit(tenantId: number, members: readonly Member[]): Promise<readonly Outcome[]>
  /** Whether the trouble is of the database and not of a member: running them alone would only make it worse. */
  isTrouble(error: unknown): boolean
  /** Points of a member. */
  sizeOf(member: Member): number
  /** Points of a group at most; a single larger member goes alone. */
  readonly maxGroupPoints: number
  /** Waiting points of a tenant for which another connection is worth more than a larger group: they go at once. */
  readonly fullGroupPoints: number
  /** Transactions of a tenant under way at most. */
  readonly maxGroupsAtOnce: number
  /** Waiting points of all tenants at most; each tenant gets its share of them (shared/base/shares.ts), past which newcomers are refused. */
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
  /** Transactions under way. */
  running: number
}

/**
 * Submits one member; resolves with its own outcome after the commit that holds it. What is submitted after another's outcome is
 * committed after it; of what is under way together, either may be first. A group that fails through a member is run again member by
 * member, so that one spoils no other.
 * @throws {Problem} 429 when too much of this tenant waits already, 503 when too much of all does.
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

/** Takes the first of those who wait, as many as a group may hold and one at least. */
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
