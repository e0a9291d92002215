// Advisory locks of the suite, one constant each.

/**
 * Writers of points hold it shared, to the end of their transaction; whoever changes the state of a month or moves the marks holds
 * it exclusively. Taken in a statement of its own, before the marks and states are read: a snapshot that is older than the lock
 * sees what the lock was to keep away.
 */
export const WRITE_LOCK = 7_301_001

/**
 * A transaction that computes roll-ups holds it exclusively from before it reads points to its commit. Without it, the one with the older
 * points may be the last to write. A lease does not keep a frozen one away.
 */
export const ROLLUP_LOCK = 7_301_002
