/** A failure that a person can mend; the message says what and where. The import ends with 1, and what was stored stays. */
export class ImportError extends Error {}
