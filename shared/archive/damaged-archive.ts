// The error for an archive object that differs from its record or cannot be read as one.

/**
 * Its message says what is wrong with the object, as the rest of a sentence about it: for the log and an operator, never for a caller.
 */
export class DamagedArchive extends Error {
  constructor(what: string, cause?: unknown) {
    super(`an archive object ${what}`, { cause })
    this.name = 'DamagedArchive'
  }
}
