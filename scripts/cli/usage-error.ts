/** An error in the command line. The message is shown to the user, and the usage after it. */
export class UsageError extends Error {}
