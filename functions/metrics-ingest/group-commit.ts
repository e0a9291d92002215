// Group commit: what arrives while a transaction of the same tenant is under way waits, and goes together in the next one.
// Few connections carry many requests this way; an idle instance waits for nothing.
import { busy } from '@penstock/shared/problem.ts'

export interface GroupCommitSettings<Member, Outcome> {
  /** Commits these together, in order, and answers an outcome for each. Throws when nothing was committed, or it is not known. */
  commit(tenantId: number, members: readonly Member[]): Promise<readonly Outcome[]>
  /** Whether the trouble is of the database and not of a member: running them alone would only make it worse. */
  isTrouble(error: unknown): boolean
  /** Points of a member. */
  sizeOf(member: Member): number
  /** Points of a group at most; a single larger member goes alone. */
  readonly maxGroupPoints: number
  /** Waiting points of all tenants at most, past which newcomers are refused. */
  readonly maxWaitingPoints: number
}

interface Waiting<Member, Outcome> {
  readonly member: Member
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/**
 * Submits one member; resolves with its own outcome after the commit that holds it. Members of a tenant are committed in the order
 * in which they were submitted. A group that fails through a member is run again member by member, so that one spoils no other.
 * @throws {Problem} 503 when too much waits already.
 */
export type Submit<Member, Outcome> = (tenantId: number, member: Member) => Promise<Outcome>

export function createGroupCommit<Member, Outcome>(
  settings: GroupCommitSettings<Member, Outcome>,
): Submit<Member, Outcome> {
  const queues = new Map<number, Waiting<Member, Outcome>[]>()
  let waitingPoints = 0

  async function drain(tenantId: number, queue: Waiting<Member, Outcome>[]): Promise<void> {
    while (queue.length > 0) {
      const group = nextGroup(queue)
      for (const { member } of group) waitingPoints -= settings.sizeOf(member)
      await commitGroup(tenantId, group)
    }
    queues.delete(tenantId)
  }

  function nextGroup(queue: Waiting<Member, Outcome>[]): Waiting<Member, Outcome>[] {
    let points = 0
    const end = queue.findIndex(({ member }, i) => {
      points += settings.sizeOf(member)
      return i > 0 && points > settings.maxGroupPoints
    })
    return queue.splice(0, end < 0 ? queue.length : end)
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
    if (waitingPoints > 0 && waitingPoints + settings.sizeOf(member) > settings.maxWaitingPoints) {
      throw busy('Too many points wait to be stored.')
    }
    waitingPoints += settings.sizeOf(member)
    return await new Promise<Outcome>((resolve, reject) => {
      const waiting = { member, resolve, reject }
      const queue = queues.get(tenantId)
      if (queue) queue.push(waiting)
      else {
        const own = [waiting]
        queues.set(tenantId, own)
        void drain(tenantId, own)
      }
    })
  }
}
