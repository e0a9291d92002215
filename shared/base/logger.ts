// One JSON line per event, with the fields that Cloud Logging understands.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Logger, pino } from 'pino'
import { escapeControls } from './control-characters.ts'
import { withoutCredentials } from './redaction.ts'

/** Fields that every log line of a request carries. */
export interface RequestContext {
  readonly requestId: string
  /** `projects/<project>/traces/<id>` in the cloud, the bare id otherwise. */
  readonly trace?: string
  readonly spanId?: string
  /** The request's deadline in milliseconds since 1970. Every wait for the database ends before it. */
  readonly deadline: number
  /** The caller's address as our own proxies saw it (see caller-address.ts). Absent for work that belongs to no request. */
  readonly address?: string
  /** The caller's name, once it is known: writes are stamped with it. */
  actor?: string
  /** The subject of a user's token, once it is known: row security compares the owners of rows with it. */
  subject?: string
  /** The holder whose shares the request uses (see shares.ts), once the caller is known. */
  holder?: string
  /**
   * True when the address already has its share of unauthenticated requests: this request may not ask anything of the database or of an
   * issuer.
   */
  isOverShare?: boolean
  /** The request's span, with its statements so far. Absent unless its trace is sampled and traces are exported. */
  readonly span?: OpenSpan
}

/** A sampled request while it is being answered. */
export interface OpenSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string
  /** Its statements; `begunAt` in milliseconds since 1970. */
  readonly statements: { readonly text: string; readonly begunAt: number; readonly ms: number }[]
  /** Statements beyond the maximum. */
  dropped: number
}

export const requestContext = new AsyncLocalStorage<RequestContext>()

const severities: Readonly<Record<number, string>> = {
  10: 'DEBUG',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARNING',
  50: 'ERROR',
  60: 'CRITICAL',
}

/**
 * The process's logger. The message is a constant event name (`retention.archived`); data goes into fields. Fields named like a
 * credential are replaced in the first two levels, and text that looks like a credential is replaced anywhere in the finished line.
 * Control characters are spelled out, so a line is safe to show on a terminal.
 * @see https://cloud.google.com/logging/docs/structured-logging
 */
export const logger: Logger = pino({
  messageKey: 'message',
  base: null,
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (_label, level) => ({ severity: severities[level] ?? 'DEFAULT' }) },
  mixin: () => {
    const context = requestContext.getStore()
    if (!context) return {}
    return {
      request_id: context.requestId,
      ...(context.trace === undefined ? {} : { 'logging.googleapis.com/trace': context.trace }),
      ...(context.spanId === undefined ? {} : { 'logging.googleapis.com/spanId': context.spanId }),
    }
  },
  redact: {
    paths: ['authorization', 'password', 'secret', 'api_key', 'connectionString', 'body'].flatMap((name) => [
      name,
      `*.${name}`,
    ]),
    censor: '[redacted]',
  },
  serializers: { err: describeError },
  hooks: { streamWrite: (line) => escapeControls(withoutCredentials(line)) },
})

/**
 * Returns an error as log fields: name, message, code and stack, but never the parameters of a statement, which may hold a caller's data.
 */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  return {
    name: error.name,
    message: withoutValues(error.message, code),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: withoutValues(error.stack, code) }),
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  }
}

/** Removes values from PostgreSQL's data exceptions (class 22), which quote them: `invalid input syntax for type uuid: "…"`. */
const withoutValues = (text: string, code: unknown): string =>
  typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code) ? text.replace(/: ".*"/s, ': "[redacted]"') : text
