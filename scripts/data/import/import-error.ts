// What goes wrong in a way that a person can mend; the message says what and where.

/** Ends the import with 1. What was stored before it stays. */
export class ImportError extends Error {}

/** A command line that makes no sense; ends with 2. */
export class UsageError extends Error {}
