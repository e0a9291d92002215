// Classifies the errors of the database: transient, a lasting failure of the suite, or a mistake in the request.

/** SQLSTATEs after which a whole unit of work may succeed when it is run again. */
const TRANSIENT = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '53300', // too_many_connections: the budget is used up, or a rollout is in progress; a moment later there may be room
])

const TRANSIENT_SYSTEM = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** Failures without any answer of the server's machine. */
const UNREACHABLE = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'])

/** Messages of pg for lost connections, which have no code. */
const CONNECTION_LOST =
  /Connection terminated|Client has encountered a connection error|timeout expired|Client was closed/

/** Classes of SQLSTATE that are failures of the database and not of the request. */
const TROUBLE_CLASSES = new Set([
  '08', // connection
  '25', // transaction state, including read-only
  '28', // authentication
  '3D', // no such database
  '40', // rolled back
  '53', // out of connections, memory, disk
  '55', // locks
  '57', // operator intervention, including statement_timeout
  '58', // input and output
  'XX', // internal
])

/** Raised by the triggers that count a tenant's rows and bytes when its quota is used up. The message names the quota. */
export const QUOTA_EXCEEDED = 'PQ001'

/**
 * The database cannot be reached at the moment, because there is no token, certificate or address. Its `code` is handled like a code of the
 * database.
 */
export class WayInError extends Error {
  readonly code: string

  /** A `lasting` failure needs a change by an operator; a `passing` one may be over a moment later. */
  constructor(kind: 'lasting' | 'passing', message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'WayInError'
    this.code = kind === 'lasting' ? '28000' : '08001'
  }
}

/**
 * True when a login was refused because of its credential, or was cut off before an answer: in TLS 1.3 the client finishes before the
 * server checks its certificate, so a server that refuses it may just close the connection.
 */
export function isLoginFailure(error: unknown): boolean {
  const { code, message } = parts(error)
  if (code === undefined) return /Connection terminated unexpectedly/.test(message)
  return /^(28|ERR_SSL_|ERR_TLS_|ECONNRESET$|EPIPE$)|CERT/.test(code) && !(error instanceof WayInError)
}

/** True when the same unit of work may succeed if it is run again from its beginning. */
export function isTransient(error: unknown): boolean {
  const { code, message } = parts(error)
  if (code === undefined) return CONNECTION_LOST.test(message)
  return TRANSIENT.has(code) || TRANSIENT_SYSTEM.has(code) || code.startsWith('08')
}

/** True when nothing answered at all, as in the first minute of an instance whose network is not there yet. */
export function isUnreachable(error: unknown): boolean {
  const { code, message } = parts(error)
  return code === undefined ? message.includes('timeout expired') : UNREACHABLE.has(code)
}

/** True when the caller must get a 503, because nothing was wrong with its request. */
export function isDatabaseTrouble(error: unknown): boolean {
  const { code } = parts(error)
  return (
    isTransient(error) || (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && TROUBLE_CLASSES.has(code.slice(0, 2)))
  )
}

/** Returns the milliseconds to wait before attempt `attempt + 1`: exponential, with full jitter. */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(1_000, 20 * 2 ** attempt))
}

/** Returns the SQLSTATE or system code of an error, or its message when it has none. */
export function codeOf(error: unknown): string {
  const { code, message } = parts(error)
  return code ?? message
}

function parts(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) }
  const { code } = error as { code?: unknown }
  return { code: typeof code === 'string' ? code : undefined, message: error.message }
}
