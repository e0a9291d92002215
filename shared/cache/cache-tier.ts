// The contract between the cache and a tier that stores its answers.

/** An answer as JSON text, and the version of the data that it was made from, both read in one snapshot. */
export interface Versioned {
  /**
   * Increases with every committed change, and is never reused: it comes from a clock in microseconds, for example, so that a restored or
   * another database cannot have the same version for other data. A safe integer; 0 when there is no data.
   */
  readonly version: number
  readonly text: string
}

/** The state of a key in a tier, at the instant of a look-up. */
export interface Found {
  /** Identifies the period since the key was last forgotten. An answer that was read before that period cannot be stored in it. */
  readonly generation: string
  /** The highest version that any caller was shown in this generation; 0 when none was. */
  readonly floor: number
  /** The instant of this look-up, in milliseconds of the tier's own clock. */
  readonly at: number
  /** The cached answer. `ageMs` is the time since the database confirmed it, negative when the clock was set back. */
  readonly kept?: Versioned & { readonly ageMs: number }
}

/**
 * A store of cached answers. Losing any of them at any time is harmless: an answer can be put only under a generation that was found
 * before the answer was read.
 */
export interface CacheTier {
  /**
   * Finds the state of a key, and begins a generation when there is none. Returns undefined when this tier cannot be used. The text of
   * `known` is already present and need not be transferred.
   */
  find(key: string, known?: Versioned): Promise<Found | undefined>
  /**
   * Caches an answer that was read after `found`, unless a newer version was shown since. In another generation it is not cached, and
   * nothing older will be either. Resolves when that is certain: only then may the answer be shown.
   */
  put(key: string, found: Found, value: Versioned, ttlMs: number): Promise<void>
  /** Records that the database, asked after `found`, called this version the newest. */
  confirm(key: string, found: Found, version: number): Promise<void>
  /** Ends the generation: no answer that was read before will be cached. */
  forget(key: string): Promise<void>
}
