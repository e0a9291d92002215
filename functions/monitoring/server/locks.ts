// The sessions that wait for a lock.
import { toWire } from '@penstock/shared/base/time.ts'
import type { LocksAnswer } from '../contract.ts'
import type { DeadlockRow, WaitingRow } from './lock-queries.ts'

/** Lists the waiting sessions, with the number of deadlocks. */
export const locksOf = (waiting: readonly WaitingRow[], { deadlocks, since }: DeadlockRow): LocksAnswer => ({
  waiting: waiting.map(({ pid, role, waits_ms, mode, relation, blocked_by }) => ({
    pid,
    role,
    waits_ms: Math.round(waits_ms),
    mode,
    relation,
    blocked_by: blocked_by.map((by) => ({
      pid: by.pid,
      role: by.role,
      state: by.state,
      transaction_s: by.transaction_s,
    })),
  })),
  deadlocks,
  deadlocks_since: since === null ? null : toWire(since),
})
