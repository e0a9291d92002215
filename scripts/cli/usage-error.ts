/** An error in the command line. The message is shown to the user, followed by the usage. */
export class UsageError extends Error {}
