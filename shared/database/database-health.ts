// Checks whether a function's database is usable: it answers, its disk has room, and it accepts writes.

import type { Clock } from '../base/time.ts'
import { codeOf } from './database-errors.ts'
import type { Pool, Poolable } from './pool.ts'

/** The part of a connection that the health check uses. */
export interface Probed {
  /** Runs `DISK_PROBE`. Throws the server's error when its disk is full. */
  probe(): Promise<void>
}

/**
 * Makes the server write 144 KiB to a temporary file, which it deletes at once: the rows do not fit into the smallest `work_mem`. Every
 * role may run it, nothing is stored, and a full disk fails it with 53100. It takes 5 ms.
 */
export const DISK_PROBE = `
  begin read only;
  set local work_mem = '64kB';
  select count(*) from generate_series(1, 10000);
  rollback`

export interface Health {
  /**
   * Returns false for 10 s after the database refused a write for lack of room or as read-only. Otherwise returns whether the database
   * answers and can write to its disk within 2 s. Cached for 2 s. When all connections are lent it answers from the outcome of their
   * units and does not wait for a connection.
   */
  isHealthy(): Promise<boolean>
  /** Records the error of a failed unit of work that was not read-only. */
  noteFailure(error: unknown): void
}

export interface HealthDeps<C extends Poolable & Probed> {
  readonly pool: Pick<Pool<C>, 'acquire' | 'status'>
  /** Maximum connections of the pool. */
  readonly max: number
  readonly now: Clock
}

const PROBE_TIMEOUT_MS = 2_000
const CACHED_MS = 2_000
const REFUSED_MS = 10_000

/** SQLSTATEs with which a server refuses every write: disk_full, io_error, read_only_sql_transaction. */
const REFUSES_WRITES = new Set(['53100', '58030', '25006'])

/** Opens the health check of a pool. It asks nothing before the first call. */
export function openHealth<C extends Poolable & Probed>({ pool, max, now }: HealthDeps<C>): Health {
  let refusedAt = Number.NEGATIVE_INFINITY
  let last = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve(false) }
  return {
    noteFailure(error) {
      if (REFUSES_WRITES.has(codeOf(error))) refusedAt = now()
    },
    async isHealthy() {
      if (isWithin(REFUSED_MS, now() - refusedAt)) return false
      if (!isWithin(CACHED_MS, now() - last.at)) last = { at: now(), answer: ask(pool, max, now) }
      return await last.answer
    },
  }
}

/** An age is negative when the clock was set back: the observation is then ignored. */
const isWithin = (limitMs: number, age: number): boolean => age >= 0 && age <= limitMs

async function ask<C extends Poolable & Probed>(
  pool: HealthDeps<C>['pool'],
  max: number,
  now: Clock,
): Promise<boolean> {
  // All connections are at work, which proves enough health; waiting for one would only add load.
  if (pool.status().lent === max) return true
  try {
    const lease = await pool.acquire(now() + PROBE_TIMEOUT_MS)
    // When the server does not answer in time, closing the connection fails the current statement.
    const timer = setTimeout(() => lease.connection.close(), PROBE_TIMEOUT_MS)
    let works = false
    try {
      await lease.connection.probe()
      works = true
    } finally {
      clearTimeout(timer)
      // After an error the server is inside a failed transaction.
      lease.release(!works)
    }
    return works
  } catch {
    return false
  }
}
