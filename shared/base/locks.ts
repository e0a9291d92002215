// The suite's advisory locks, one constant each.

/**
 * Writers of points hold it shared until the end of their transaction. A job that changes the state of a month or moves the marks holds
 * it exclusively. Take it in a statement of its own, before marks and states are read: a snapshot older than the lock would see what the
 * lock is meant to hide.
 */
export const WRITE_LOCK = 7_301_001

/**
 * A transaction that computes roll-ups holds it exclusively from before it reads points until its commit; otherwise the transaction with
 * the older points may write last. A lease is not enough, because a suspended process may continue after its lease has expired.
 */
export const ROLLUP_LOCK = 7_301_002
