// The pool of one instance: a few connections, checked against the wall clock when they are lent, because an instance's timers stop
// between requests. It does not depend on pg.
import { setTimeout as sleep } from 'node:timers/promises'
import { createFairQueue, type FairQueue } from '../base/fair-queue.ts'
import { busy, type Problem, tooMany } from '../base/problem.ts'
import { createShares, type Shares } from '../base/shares.ts'
import type { Clock } from '../base/time.ts'
import { withTimeout } from '../base/timeout.ts'
import { createNeighbours, type Neighbours } from './pool-neighbours.ts'

/** The part of a connection that the pool uses. */
export interface Poolable {
  /** Resolves when the server has answered. */
  ping(): Promise<void>
  /** Ends the connection at once, whatever it is doing. Safe to repeat. */
  close(): void
  /** Calls back once, when the connection is lost or was closed. */
  onLost(listener: () => void): void
}

export interface PoolSettings<C extends Poolable> {
  /** Maximum connections, including those being opened. */
  readonly max: number
  /** Maximum waiting callers. */
  readonly maxWaiting: number
  /** Maximum milliseconds that a caller waits for a connection, once there was one. */
  readonly acquireTimeoutMs: number
  /** A connection that was idle for longer is tested before it is lent. */
  readonly testAfterIdleMs: number
  /** A connection older than this is replaced. */
  readonly maxAgeMs: number
  readonly pingTimeoutMs: number
  /** Opens and verifies one connection, within a time limit of its own. */
  open(): Promise<C>
  /** True when opening may succeed a moment later. */
  isTransient(error: unknown): boolean
  /** True when nothing answered. Until there was a connection, callers then wait until their deadline: the network may be on its way. */
  isUnreachable(error: unknown): boolean
  readonly now: Clock
  /** Called with the milliseconds that a caller waited for a connection, when it gets one or is refused. */
  readonly waited?: (ms: number) => void
  /** Called when an attempt to open a connection failed. */
  readonly failed?: () => void
  /** A number from 0 to 1, for jitter. */
  readonly random: () => number
}

export interface Lease<C> {
  readonly connection: C
  /** Returns the connection; a `broken` one is closed. Call it exactly once. */
  release(broken: boolean): void
}

export interface PoolStatus {
  /** Number of connections that callers hold. */
  readonly lent: number
  readonly idle: number
  readonly waiting: number
}

export interface Pool<C> {
  /**
   * Lends a connection that was alive a moment ago, for this caller alone. Waiting holders (tenants) take turns, and each has its share
   * of the places in the queue.
   * @throws {Problem} 429 when the holder delays itself; 503 when no connection is free in time, the queue is full, the database refuses,
   * or the pool is closed.
   */
  acquire(deadline: number, holder?: string): Promise<Lease<C>>
  status(): PoolStatus
  /** Refuses new callers, waits at most `graceMs` for the lent connections, then closes everything. */
  close(graceMs: number): Promise<void>
}

interface Member<C> {
  readonly connection: C
  readonly openedAt: number
  idleSince: number
}

interface Waiter<C> {
  readonly holder: string
  resolve(lease: Lease<C>): void
  reject(error: unknown): void
}

/** The holder for work without a tenant: authentication, health, maintenance. */
const NOBODY = 'no tenant'
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

interface State<C extends Poolable> {
  readonly settings: PoolSettings<C>
  readonly members: Set<Member<C>>
  /** Idle connections; the most recently used is the last. */
  readonly idle: Member<C>[]
  readonly waiters: FairQueue<Waiter<C>>
  /** Divides the places in the queue among holders. */
  readonly places: Shares
  readonly neighbours: Neighbours
  lent: number
  /**
   * True while a connection is being opened. Only one attempt runs at a time: a burst of cold requests must not become a burst of
   * handshakes.
   */
  opening: boolean
  /** True once there was a connection. */
  hasOpened: boolean
  /** Milliseconds before the next attempt, after a failed one. */
  pauseMs: number
  lastFailure: unknown
  closed: boolean
}

/** Makes a pool. It opens nothing before the first request for a connection. */
export function createPool<C extends Poolable>(settings: PoolSettings<C>): Pool<C> {
  const state: State<C> = {
    settings,
    members: new Set(),
    idle: [],
    waiters: createFairQueue(),
    places: createShares(settings.maxWaiting),
    neighbours: createNeighbours(settings.now),
    lent: 0,
    opening: false,
    hasOpened: false,
    pauseMs: 0,
    lastFailure: undefined,
    closed: false,
  }
  return {
    acquire: async (deadline, holder = NOBODY) => await acquire(state, deadline, holder),
    status: () => ({ lent: state.lent, idle: state.idle.length, waiting: state.waiters.waiting() }),
    close: async (graceMs) => await close(state, graceMs),
  }
}

async function acquire<C extends Poolable>(state: State<C>, deadline: number, holder: string): Promise<Lease<C>> {
  const { settings, waiters, places } = state
  if (state.closed) throw busy('This instance is shutting down.')
  if (holder !== NOBODY) state.neighbours.asked(holder)
  const refused = places.take(holder, 1)
  if (refused === 'over-share') throw tooMany('Too many requests of this tenant are waiting for the database.')
  if (refused) throw busy('Too many requests are waiting for the database.')
  return await new Promise<Lease<C>>((resolve, reject) => {
    const remaining = (): number => Math.max(0, deadline - settings.now())
    const giveUp = (): void => {
      if (isBeforeNetwork(state) && remaining() > 0) {
        timer = setTimeout(giveUp, Math.min(settings.acquireTimeoutMs, remaining()))
        return
      }
      const why = lateness(state, holder)
      waiters.remove(holder, waiter)
      waiter.reject(why)
    }
    const since = settings.now()
    let timer = setTimeout(giveUp, Math.min(settings.acquireTimeoutMs, remaining()))
    const settled =
      <T>(then: (value: T) => void) =>
      (value: T) => {
        clearTimeout(timer)
        settings.waited?.(Math.max(0, settings.now() - since))
        places.give(holder, 1)
        then(value)
      }
    const waiter: Waiter<C> = { holder, resolve: settled(resolve), reject: settled(reject) }
    waiters.push(holder, waiter)
    serve(state)
  })
}

/** True for an instance that has just started, and may have no network yet. */
const isBeforeNetwork = <C extends Poolable>({ closed, hasOpened, lastFailure, settings }: State<C>): boolean =>
  !closed && !hasOpened && (lastFailure === undefined || settings.isUnreachable(lastFailure))

/** A holder with more waiting requests than it can have connections delayed itself while others were served, so it gets a 429. */
function lateness<C extends Poolable>(state: State<C>, holder: string): Problem {
  const { waiters, neighbours, settings, members } = state
  const isInItsOwnWay = waiters.waitingOf(holder) > settings.max && neighbours.hasOthers(holder) && members.size > 0
  if (isInItsOwnWay) return tooMany('Too many requests of this tenant are waiting for the database.')
  return busy('No database connection became free in time.', state.lastFailure)
}

/** Lends idle connections to waiting callers, newest first, and opens another connection when there is room. */
function serve<C extends Poolable>(state: State<C>): void {
  const { settings, members, idle, waiters, neighbours } = state
  while (waiters.waiting() > 0) {
    const member = idle.pop()
    if (!member) break
    const now = settings.now()
    if (now - member.openedAt > settings.maxAgeMs) drop(state, member)
    else if (now - member.idleSince > settings.testAfterIdleMs) void test(state, member)
    else {
      const next = waiters.shift((holder) => neighbours.mayHaveOneMore(holder, settings.max))
      if (next) lend(state, member, next.item)
      else {
        idle.push(member)
        // The remaining holders have other connections of this pool, and are served when they return one.
        break
      }
    }
  }
  if (waiters.waiting() > 0 && !state.opening && members.size < settings.max && !state.closed) void openOne(state)
}

function lend<C extends Poolable>(state: State<C>, member: Member<C>, waiter: Waiter<C>): void {
  const { neighbours, settings } = state
  const { holder } = waiter
  const lentAt = settings.now()
  let released = false
  state.lent++
  neighbours.lent(holder)
  waiter.resolve({
    connection: member.connection,
    release(broken) {
      if (released) return
      released = true
      state.lent--
      neighbours.returned(holder, settings.now() - lentAt)
      if (broken || state.closed) drop(state, member)
      else putBack(state, member)
      serve(state)
    },
  })
}

function putBack<C extends Poolable>(state: State<C>, member: Member<C>): void {
  if (!state.members.has(member)) return
  member.idleSince = state.settings.now()
  state.idle.push(member)
}

function drop<C extends Poolable>({ members, idle }: State<C>, member: Member<C>): void {
  members.delete(member)
  const at = idle.indexOf(member)
  if (at >= 0) idle.splice(at, 1)
  member.connection.close()
}

async function test<C extends Poolable>(state: State<C>, member: Member<C>): Promise<void> {
  const alive = await answersWithin(member.connection, state.settings.pingTimeoutMs)
  if (alive) putBack(state, member)
  else drop(state, member)
  serve(state)
}

async function openOne<C extends Poolable>(state: State<C>): Promise<void> {
  const { settings } = state
  state.opening = true
  try {
    if (state.pauseMs > 0) await sleep(state.pauseMs * (0.5 + settings.random() / 2))
    const connection = await settings.open()
    state.hasOpened = true
    state.pauseMs = 0
    admit(state, connection)
  } catch (error) {
    settings.failed?.()
    state.lastFailure = error
    state.pauseMs = Math.min(LONGEST_PAUSE_MS, state.pauseMs === 0 ? FIRST_PAUSE_MS : state.pauseMs * 2)
    if (!settings.isTransient(error)) refuseAll(state, error)
  } finally {
    state.opening = false
  }
  serve(state)
}

function admit<C extends Poolable>(state: State<C>, connection: C): void {
  if (state.closed) {
    connection.close()
    return
  }
  const member: Member<C> = { connection, openedAt: state.settings.now(), idleSince: 0 }
  state.members.add(member)
  putBack(state, member)
  connection.onLost(() => {
    drop(state, member)
    serve(state)
  })
}

function refuseAll<C extends Poolable>({ waiters }: State<C>, cause: unknown): void {
  for (const waiter of waiters.drain()) waiter.reject(busy('The database is temporarily unusable.', cause, 5))
}

async function close<C extends Poolable>(state: State<C>, graceMs: number): Promise<void> {
  const { now } = state.settings
  state.closed = true
  refuseAll(state, undefined)
  const end = now() + graceMs
  while (state.lent > 0 && now() < end) await sleep(10)
  for (const member of state.members) drop(state, member)
}

async function answersWithin(connection: Poolable, timeoutMs: number): Promise<boolean> {
  const answered = connection.ping().then(
    () => true,
    () => false,
  )
  return await withTimeout(timeoutMs, answered, () => false)
}
