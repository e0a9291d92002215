// Everything that a valid request needs to know about the system that it is sent to.

/** Callers by what they are; the text is an API key. */
export interface Keys {
  /** Every scope of the tenant that is attacked. */
  readonly writer: string
  /** A key of the same tenant with `metrics:read` alone. */
  readonly reader: string
  readonly revoked: string
  readonly expired: string
  /** A platform key with `operate`. */
  readonly operator: string
}

export interface World {
  /** Name of the tenant that is attacked. */
  readonly tenant: string
  readonly keys: Keys
  /** An ID token for each function that service accounts may call. */
  readonly tokens: Readonly<Record<string, string>>
  /** First instant of the month in which requests store, in milliseconds since 1970: the same seed asks the same for a month. */
  readonly monthMs: number
  /** Cursors that continue the valid pages of the routes, by route. */
  readonly cursors: Readonly<Record<string, string>>
}

/** Stands in bodies where a careless producer would have a secret; the logs are searched for it. */
export const PLANTED = 'planted-secret-9f2c71d0'
