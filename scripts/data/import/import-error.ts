/** A failure that a person can correct; the message says what is wrong and where. The import ends with 1, and stored points remain. */
export class ImportError extends Error {}
