// What the cache keeps, and what it asks of a place that keeps it.

/** An answer as JSON text, and the version of what it was made from, both read in one snapshot. */
export interface Versioned {
  /**
   * Rises with every change that commits, and is no number that anything else ever had: a microsecond of the clock, say, so that a
   * restored or another database cannot have the same version for something else. A safe integer; 0 where there is nothing.
   */
  readonly version: number
  readonly text: string
}

/** The state of a key in a tier. */
export interface Found {
  /** Names the time since the key was forgotten last. What was read before it cannot be put under it. */
  readonly generation: string
  /** The highest version that anybody was shown in this generation; 0: none. */
  readonly floor: number
  /** When this was found, by the tier's own clock, in milliseconds. */
  readonly at: number
  /** Milliseconds since the database confirmed the answer, negative when the clock was set back. */
  readonly kept?: Versioned & { readonly ageMs: number }
}

/**
 * A place that keeps answers. Losing any of them at any time is harmless: absence lets nothing in, since what is put has to name a
 * generation that was found before it was read.
 */
export interface CacheTier {
  /** Begins a generation where there is none. Undefined: do without this tier. `known` is a version whose text need not be given. */
  find(key: string, known?: Versioned): Promise<Found | undefined>
  /**
   * Keeps what was read after `found`, unless a newer version was shown since. In another generation it is not kept, but nothing older
   * will be either. Resolves when that holds: only then is the answer shown.
   */
  put(key: string, found: Found, value: Versioned, ttlMs: number): Promise<void>
  /** The database has said, after `found`, that this version is the newest. */
  confirm(key: string, found: Found, version: number): Promise<void>
  /** Ends the generation: what was read before is never kept. */
  forget(key: string): Promise<void>
}
