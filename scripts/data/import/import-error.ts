// Failures that a person can correct; the message says what is wrong and where.

/** Ends the import with exit code 1. Points that were stored before remain. */
export class ImportError extends Error {}

/** An invalid command line; exit code 2. */
export class UsageError extends Error {}
