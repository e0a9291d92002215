// Takes tokens of a limit in leases, so that requests cost no write: an instance takes tokens for many requests at once, and answers from its
// memory until they are used up.
import { LRUCache } from 'lru-cache'

/** A limit of units in a window of time, which all instances share. */
export interface Limit {
  readonly tenantId: number
  /** Units in each window. */
  readonly limit: number
}

/** The answer to a request for tokens. */
export interface Grant {
  readonly tokens: number
  /** The units that remain for all instances after this lease. */
  readonly left: number
  /** Milliseconds until the window ends, by the clock of the database. */
  readonly endsInMs: number
}

export interface WantedLease extends Limit {
  /** The least number of tokens that helps. Fewer are granted when the limit has fewer left, unless `whole`. */
  readonly needed: number
  readonly whole: boolean
}

/** Asks for tokens where all instances ask. */
export type TakeLease = (wanted: WantedLease) => Promise<Grant>

export interface Taken {
  readonly isGranted: boolean
  /** Units that are left, as far as this instance knows. */
  readonly remaining: number
  readonly endsInMs: number
}

export interface LeaseDeps {
  readonly lease: TakeLease
  /** Milliseconds since any instant; never goes back. */
  readonly elapsed: () => number
  /** Milliseconds since 1970, which may jump. */
  readonly now: () => number
  /** One use of several tokens is granted whole or not at all. */
  readonly whole: boolean
}

/** Tokens of the current window. They end with it. */
interface Lease {
  tokens: number
  left: number
  /** By both clocks, whichever is earlier: one stands still while a machine sleeps, and the other can be set back. */
  readonly endsAt: number
  readonly endsAtWall: number
}

interface Waiter {
  readonly units: number
  readonly done: (taken: Taken) => void
  readonly failed: (error: unknown) => void
}

interface Holder {
  readonly limit: Limit
  lease: Lease | undefined
  readonly waiting: Waiter[]
  isAsking: boolean
}

const MAX_HOLDERS = 10_000

/** Takes units of a limit. @throws {Error} what `lease` throws: without an answer nothing is granted. */
export type TakeUnits = (limit: Limit, units: number) => Promise<Taken>

/**
 * Makes the function that takes units of limits. The sum of what all instances grant in a window never passes the limit, because only
 * tokens of a lease are granted, each once, and a lease ends no later than its window. Tokens of an instance that ends are lost.
 */
export function openLeases(deps: LeaseDeps): TakeUnits {
  const holders = new LRUCache<number, Holder>({ max: MAX_HOLDERS })
  return async (limit, units) => {
    let holder = holders.get(limit.tenantId)
    // Another limit is another plan: the database says what it has left.
    if (!holder || holder.limit.limit !== limit.limit) {
      holder = { limit, lease: undefined, waiting: [], isAsking: false }
      holders.set(limit.tenantId, holder)
    }
    return holder.waiting.length === 0
      ? (answerOf(deps, holder, units) ?? (await queue(deps, holder, units)))
      : await queue(deps, holder, units)
  }
}

/** Answers from the lease; returns undefined when the database has to be asked. */
function answerOf(deps: LeaseDeps, holder: Holder, units: number): Taken | undefined {
  const lease = currentLease(deps, holder)
  if (!lease) return undefined
  if (units > lease.tokens) return units > lease.tokens + lease.left ? describe(deps, lease, false) : undefined
  lease.tokens -= units
  return describe(deps, lease, true)
}

function currentLease({ elapsed, now }: LeaseDeps, holder: Holder): Lease | undefined {
  const { lease } = holder
  if (lease && elapsed() < lease.endsAt && now() < lease.endsAtWall) return lease
  holder.lease = undefined
  return undefined
}

const describe = ({ elapsed }: LeaseDeps, lease: Lease, isGranted: boolean): Taken => ({
  isGranted,
  remaining: lease.tokens + lease.left,
  endsInMs: Math.max(1, lease.endsAt - elapsed()),
})

async function queue(deps: LeaseDeps, holder: Holder, units: number): Promise<Taken> {
  return await new Promise<Taken>((done, failed) => {
    holder.waiting.push({ units, done, failed })
    if (!holder.isAsking) void askUntilEmpty(deps, holder)
  })
}

/** Asks for leases until nobody waits. One question at a time: the others wait for its answer. */
async function askUntilEmpty(deps: LeaseDeps, holder: Holder): Promise<void> {
  holder.isAsking = true
  try {
    while (holder.waiting.length > 0) {
      await ask(deps, holder)
      answerWaiting(deps, holder)
    }
  } catch (error) {
    for (const { failed } of holder.waiting.splice(0)) failed(error)
  } finally {
    holder.isAsking = false
  }
}

async function ask(deps: LeaseDeps, holder: Holder): Promise<void> {
  const { waiting, limit } = holder
  const kept = currentLease(deps, holder)?.tokens ?? 0
  const units = deps.whole ? (waiting[0]?.units ?? 0) : waiting.reduce((sum, waiter) => sum + waiter.units, 0)
  // Both clocks are read before the question: the window ends earlier here than in the database, never later.
  const [asked, askedWall] = [deps.elapsed(), deps.now()]
  const { tokens, left, endsInMs } = await deps.lease({
    ...limit,
    needed: Math.max(1, units - kept),
    whole: deps.whole,
  })
  const before = currentLease(deps, holder)
  const endsAt = asked + endsInMs
  // Tokens of the same window remain valid. A new window is recognised by its end.
  const isSame = before !== undefined && Math.abs(before.endsAt - endsAt) < SAME_WINDOW_MS
  holder.lease = {
    tokens: tokens + (isSame ? before.tokens : 0),
    left,
    endsAt: isSame ? Math.min(before.endsAt, endsAt) : endsAt,
    endsAtWall: isSame ? Math.min(before.endsAtWall, askedWall + endsInMs) : askedWall + endsInMs,
  }
}

/** Two ends closer than this are of one window: windows last a minute at least. */
const SAME_WINDOW_MS = 20_000

/** Answers those that wait in their order, until one needs another lease. */
function answerWaiting(deps: LeaseDeps, { waiting, lease }: Holder): void {
  while (lease && waiting.length > 0) {
    const [first] = waiting as [Waiter, ...Waiter[]]
    const isGranted = first.units <= lease.tokens
    if (!isGranted && first.units <= lease.tokens + lease.left) return
    if (isGranted) lease.tokens -= first.units
    waiting.shift()
    first.done(describe(deps, lease, isGranted))
  }
}
