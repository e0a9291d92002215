// Everything that can go wrong, as data: RFC 9457 problems. Expected failures are thrown, and one function (edge.ts) turns them into
// responses.

/** A kind of failure that a caller can meet. `slug` names it in the problem's `type` and is the `code` of a verdict. */
export interface ProblemKind {
  readonly slug: string
  readonly status: number
  readonly title: string
  /** The `type` of a problem that is registered elsewhere; default: `urn:penstock:problem:<slug>`. */
  readonly type?: string
}

/** One broken rule. `pointer` is a JSON pointer into the body (`/3/unit`), `?name` for a query parameter, or the name of a header. */
export interface FieldError {
  readonly pointer: string
  readonly detail: string
}

export interface ProblemExtras {
  readonly errors?: readonly FieldError[]
  /** In seconds; sent as `Retry-After`. */
  readonly retryAfter?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the problem. */
  readonly members?: Readonly<Record<string, unknown>>
  /** The cause, which is logged and never sent to the caller. */
  readonly cause?: unknown
}

/** An expected failure. Its `detail` is shown to the caller, so it never holds a secret, a path, or a message of the database. */
export class Problem extends Error {
  readonly kind: ProblemKind
  readonly detail: string
  readonly errors: readonly FieldError[] | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly members: Readonly<Record<string, unknown>> | undefined

  constructor(kind: ProblemKind, detail: string, extras: ProblemExtras = {}) {
    // Without a stack, which nobody reads and which takes ten times as long as the rest: an expected failure is not a bug, and the cause of
    // an unexpected one has its own.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(`${kind.slug}: ${detail}`, { cause: extras.cause })
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'Problem'
    this.kind = kind
    this.detail = detail
    this.errors = extras.errors
    this.members = extras.members
    this.headers = {
      ...(extras.retryAfter === undefined ? {} : { 'retry-after': String(extras.retryAfter) }),
      ...extras.headers,
    }
  }
}

export const malformed: ProblemKind = { slug: 'malformed-request', status: 400, title: 'The request cannot be parsed' }
export const unauthenticated: ProblemKind = {
  slug: 'unauthenticated',
  status: 401,
  title: 'A valid credential is required',
}
export const forbidden: ProblemKind = { slug: 'forbidden', status: 403, title: 'The credential does not allow this' }
export const notYourself: ProblemKind = {
  slug: 'not-yourself',
  status: 403,
  title: 'A user can act only as itself',
}
export const notFound: ProblemKind = { slug: 'not-found', status: 404, title: 'Nothing was found' }
export const methodNotAllowed: ProblemKind = {
  slug: 'method-not-allowed',
  status: 405,
  title: 'The path does not support this method',
}
export const tooSlow: ProblemKind = {
  slug: 'request-timeout',
  status: 408,
  title: 'The request took too long to arrive',
}
export const conflict: ProblemKind = { slug: 'conflict', status: 409, title: 'The request conflicts with another one' }
/** A conditional change (`If-Match`) of something that has another version now. */
export const changed: ProblemKind = { slug: 'changed', status: 412, title: 'It has changed since it was read' }
export const damagedObject: ProblemKind = {
  slug: 'damaged-object',
  status: 409,
  title: 'An archive object is damaged',
}
export const tooLarge: ProblemKind = { slug: 'too-large', status: 413, title: 'The request is too large' }
export const unsupportedType: ProblemKind = {
  slug: 'unsupported-media-type',
  status: 415,
  title: 'The content type or encoding is not supported',
}
export const headersTooLarge: ProblemKind = {
  slug: 'headers-too-large',
  status: 431,
  title: 'The headers are too large',
}
export const invalid: ProblemKind = { slug: 'invalid-request', status: 422, title: 'The request is not valid' }
export const keyReused: ProblemKind = {
  slug: 'idempotency-key-reused',
  status: 422,
  title: 'The Idempotency-Key was used for another payload',
}
export const keyInUse: ProblemKind = {
  slug: 'idempotency-key-in-use',
  status: 409,
  title: 'A request with this Idempotency-Key is still running',
}
export const tooManyRequests: ProblemKind = {
  slug: 'too-many-requests',
  status: 429,
  title: 'The caller exceeds its share of the service',
}
export const lockedOut: ProblemKind = {
  slug: 'locked-out',
  status: 429,
  title: 'Too many wrong credentials came from this address',
}
export const rateLimited: ProblemKind = {
  slug: 'rate-limited',
  status: 429,
  title: "The limit of the tenant's plan is reached",
  type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
}
export const quotaExceeded: ProblemKind = {
  slug: 'quota-exceeded',
  status: 429,
  title: 'The tenant has reached a storage limit',
}
export const archiveTooLarge: ProblemKind = {
  slug: 'archive_too_large',
  status: 422,
  title: 'The answer would need too much of the archive',
}
export const internal: ProblemKind = { slug: 'internal-error', status: 500, title: 'An internal error occurred' }
export const unavailable: ProblemKind = {
  slug: 'unavailable',
  status: 503,
  title: 'The service is temporarily unavailable',
}

/** A 503 for a transient failure. The cause is logged and not sent; `retryAfter` is in seconds. */
export const busy = (detail: string, cause?: unknown, retryAfter = 1): Problem =>
  new Problem(unavailable, detail, { retryAfter, cause })

/**
 * A 429 for a caller that already uses its share of something that all callers use, while others are served. `retryAfter` is in seconds.
 */
export const tooMany = (detail: string, retryAfter = 1): Problem => new Problem(tooManyRequests, detail, { retryAfter })

/** A 429 for a tenant that has reached the quota that `maximum` names. Old rows expire with time, or the operator raises the quota. */
export const overQuota = (maximum: string): Problem =>
  new Problem(
    quotaExceeded,
    `The tenant has reached its maximum of ${maximum}. Delete some, or ask the operator to raise the limit.`,
    {
      retryAfter: 3_600,
    },
  )

/** The value of a problem's `type`. */
export const typeOf = ({ type, slug }: ProblemKind): string => type ?? `urn:penstock:problem:${slug}`

/** True for the failure of `overQuota`, which concerns one request and says nothing about the database's health. */
export const isOverQuota = (error: unknown): boolean => error instanceof Problem && error.kind === quotaExceeded
