// The pool of one instance: a few connections, checked against the wall clock when they are handed out, since an instance's timers
// stop between requests. Knows nothing of pg.
import { setTimeout as sleep } from 'node:timers/promises'
import { busy } from './problem.ts'
import type { Clock } from './time.ts'

/** What the pool needs of a connection. */
export interface Poolable {
  /** Resolves when the server answered. */
  ping(): Promise<void>
  /** Ends it at once, whatever it is doing. Safe to repeat. */
  close(): void
  /** Calls back once when the connection is lost, or was closed. */
  onLost(listener: () => void): void
}

export interface PoolSettings<C extends Poolable> {
  /** Connections at most, those being opened included. */
  readonly max: number
  /** Waiting callers at most. */
  readonly maxWaiting: number
  /** How long a caller waits for a connection. */
  readonly acquireTimeoutMs: number
  /** A connection that was idle longer is tested before it is handed out. */
  readonly testAfterIdleMs: number
  /** An older connection is replaced. */
  readonly maxAgeMs: number
  readonly pingTimeoutMs: number
  /** Opens and verifies one connection; has a time limit of its own. */
  open(): Promise<C>
  /** Whether opening may succeed a moment later. */
  isTransient(error: unknown): boolean
  readonly now: Clock
  /** 0 to 1, for jitter. */
  readonly random: () => number
}

export interface Lease<C> {
  readonly connection: C
  /** Gives the connection back; `broken` ones are closed. Call it exactly once. */
  release(broken: boolean): void
}

export interface PoolStatus {
  /** Connections that callers hold. */
  readonly lent: number
  readonly idle: number
  readonly waiting: number
}

export interface Pool<C> {
  /**
   * A connection that was alive a moment ago, for this caller alone.
   * @throws {Problem} 503 when none is free in time, the queue is full, the database refuses, or the pool is closed.
   */
  acquire(deadline: number): Promise<Lease<C>>
  status(): PoolStatus
  /** Refuses new callers, waits at most `graceMs` for those who hold one, then closes everything. */
  close(graceMs: number): Promise<void>
}

interface Member<C> {
  readonly connection: C
  readonly openedAt: number
  idleSince: number
}

interface Waiter<C> {
  resolve(lease: Lease<C>): void
  reject(error: unknown): void
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

export function createPool<C extends Poolable>(settings: PoolSettings<C>): Pool<C> {
  const members = new Set<Member<C>>()
  const idle: Member<C>[] = []
  const waiters: Waiter<C>[] = []
  // One attempt at a time: a burst of cold requests must not become a burst of handshakes.
  let opening = false
  let pauseMs = 0
  let lastFailure: unknown
  let closed = false
  let lent = 0

  function lend(member: Member<C>, waiter: Waiter<C>): void {
    let released = false
    lent++
    waiter.resolve({
      connection: member.connection,
      release(broken) {
        if (released) return
        released = true
        lent--
        if (broken || closed) drop(member)
        else if (members.has(member)) {
          member.idleSince = settings.now()
          idle.push(member)
        }
        serve()
      },
    })
  }

  function drop(member: Member<C>): void {
    members.delete(member)
    const at = idle.indexOf(member)
    if (at >= 0) idle.splice(at, 1)
    member.connection.close()
  }

  /** Hands idle connections to waiting callers, newest first, and opens another where there is room. */
  function serve(): void {
    while (waiters.length > 0) {
      const member = idle.pop()
      if (!member) break
      const now = settings.now()
      if (now - member.openedAt > settings.maxAgeMs) drop(member)
      else if (now - member.idleSince > settings.testAfterIdleMs) void test(member)
      else lend(member, waiters.shift() as Waiter<C>)
    }
    if (waiters.length > 0 && !opening && members.size < settings.max && !closed) void openOne()
  }

  async function test(member: Member<C>): Promise<void> {
    const alive = await answersWithin(member.connection, settings.pingTimeoutMs)
    if (!alive) drop(member)
    else if (members.has(member)) {
      member.idleSince = settings.now()
      idle.push(member)
    }
    serve()
  }

  async function openOne(): Promise<void> {
    opening = true
    try {
      if (pauseMs > 0) await sleep(pauseMs * (0.5 + settings.random() / 2))
      const connection = await settings.open()
      pauseMs = 0
      admit(connection)
    } catch (error) {
      lastFailure = error
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs === 0 ? FIRST_PAUSE_MS : pauseMs * 2)
      if (!settings.isTransient(error)) refuseAll(error)
    } finally {
      opening = false
    }
    serve()
  }

  function admit(connection: C): void {
    const member: Member<C> = { connection, openedAt: settings.now(), idleSince: settings.now() }
    if (closed) {
      connection.close()
      return
    }
    members.add(member)
    idle.push(member)
    connection.onLost(() => {
      drop(member)
      serve()
    })
  }

  function refuseAll(cause: unknown): void {
    for (const waiter of waiters.splice(0)) waiter.reject(busy('The database cannot be used at the moment.', cause, 5))
  }

  return {
    async acquire(deadline) {
      if (closed) throw busy('This instance is shutting down.')
      if (waiters.length >= settings.maxWaiting) throw busy('Too many requests wait for the database.')
      return await new Promise<Lease<C>>((resolve, reject) => {
        const timeoutMs = Math.max(0, Math.min(settings.acquireTimeoutMs, deadline - settings.now()))
        const timer = setTimeout(() => {
          waiters.splice(waiters.indexOf(waiter), 1)
          reject(busy('No database connection became free in time.', lastFailure))
        }, timeoutMs)
        const settled =
          <T>(then: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer)
            then(value)
          }
        const waiter: Waiter<C> = { resolve: settled(resolve), reject: settled(reject) }
        waiters.push(waiter)
        serve()
      })
    },
    status: () => ({ lent, idle: idle.length, waiting: waiters.length }),
    async close(graceMs) {
      closed = true
      refuseAll(undefined)
      const end = settings.now() + graceMs
      while (lent > 0 && settings.now() < end) await sleep(10)
      for (const member of [...members]) drop(member)
    },
  }
}

async function answersWithin(connection: Poolable, timeoutMs: number): Promise<boolean> {
  const timeout = new AbortController()
  try {
    const late = sleep(timeoutMs, false, { signal: timeout.signal }).catch(() => false)
    return await Promise.race([connection.ping().then(() => true), late])
  } catch {
    return false
  } finally {
    timeout.abort()
  }
}
