// What an error of the database means: worth another try, trouble of ours, or a mistake in what was asked.

/** SQLSTATEs after which a whole unit of work may succeed when it is run again. */
const TRANSIENT = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '53300', // too_many_connections: the budget at work, or a rollout; a moment later there may be room
])

const TRANSIENT_SYSTEM = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** pg gives these no code. */
const CONNECTION_LOST =
  /Connection terminated|Client has encountered a connection error|timeout expired|Client was closed/

/** Classes of SQLSTATE that are trouble of the database and not of what was asked. */
const TROUBLE_CLASSES = new Set([
  '08', // connection
  '25', // transaction state, read-only among them
  '28', // authentication
  '3D', // no such database
  '40', // rolled back
  '53', // out of connections, memory, disk
  '55', // locks
  '57', // operator intervention, statement_timeout among them
  '58', // input and output
  'XX', // internal
])

/** Raised by the triggers that count what a tenant stores: its quota is used up. The message says what of. */
export const QUOTA_EXCEEDED = 'PQ001'

/** There is no way to the database at the moment: no token, no certificate, no address. Its code is read as the database's own. */
export class WayInError extends Error {
  readonly code: string

  /** `lasting`: somebody has to change something first; `passing`: it may work a moment later. */
  constructor(kind: 'lasting' | 'passing', message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'WayInError'
    this.code = kind === 'lasting' ? '28000' : '08001'
  }
}

/**
 * Whether a login was refused for what was shown, or was cut off before it was answered: TLS 1.3 has the client finish before the
 * server looks at its certificate, so a server that does not like it may just hang up.
 */
export function isLoginFailure(error: unknown): boolean {
  const { code, message } = parts(error)
  if (code === undefined) return /Connection terminated unexpectedly/.test(message)
  return /^(28|ERR_SSL_|ERR_TLS_|ECONNRESET$|EPIPE$)|CERT/.test(code) && !(error instanceof WayInError)
}

/** Whether the same unit of work may succeed if it is run again from its beginning. */
export function isTransient(error: unknown): boolean {
  const { code, message } = parts(error)
  if (code === undefined) return CONNECTION_LOST.test(message)
  return TRANSIENT.has(code) || TRANSIENT_SYSTEM.has(code) || code.startsWith('08')
}

/** Whether the caller is to be told 503: nothing was wrong with what it sent. */
export function isDatabaseTrouble(error: unknown): boolean {
  const { code } = parts(error)
  return (
    isTransient(error) || (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && TROUBLE_CLASSES.has(code.slice(0, 2)))
  )
}

/** Milliseconds to wait before attempt `attempt + 1`: exponential, with full jitter. */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(1_000, 20 * 2 ** attempt))
}

/** SQLSTATE or system code of an error; its message where it has none. */
export function codeOf(error: unknown): string {
  const { code, message } = parts(error)
  return code ?? message
}

function parts(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) }
  const { code } = error as { code?: unknown }
  return { code: typeof code === 'string' ? code : undefined, message: error.message }
}
