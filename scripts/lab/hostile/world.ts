// Everything that a valid request needs to know about the target.

/** Callers by kind; the text is an API key. */
export interface Keys {
  /** Every scope of the attacked tenant. */
  readonly writer: string
  /** A key of the same tenant with only `metrics:read`. */
  readonly reader: string
  readonly revoked: string
  readonly expired: string
  /** A platform key with `operate`. */
  readonly operator: string
}

export interface World {
  /** Name of the attacked tenant. */
  readonly tenant: string
  readonly keys: Keys
  /** An ID token for each function that service accounts may call. */
  readonly tokens: Readonly<Record<string, string>>
  /**
   * First instant of the month in which requests store, in milliseconds since 1970: for a month, the same seed makes the same requests.
   */
  readonly monthMs: number
  /** Cursors that continue the valid pages of the routes, by route. */
  readonly cursors: Readonly<Record<string, string>>
}

/** Included in bodies in the place of a secret, as a careless producer might do; the logs are searched for it. */
export const PLANTED = 'planted-secret-9f2c71d0'
