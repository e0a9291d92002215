/** An error in the command line. The user sees the message and the usage; the command ends with exit code 2. */
export class UsageError extends Error {}
