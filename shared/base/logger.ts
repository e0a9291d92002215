// One JSON line per event, with the fields that Cloud Logging understands.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Logger, pino } from 'pino'
import { escapeControls } from './control-characters.ts'
import { withoutCredentials } from './redaction.ts'

/** What every line of a request carries. */
export interface RequestContext {
  readonly requestId: string
  /** `projects/<project>/traces/<id>` in the cloud, the bare id elsewhere. */
  readonly trace?: string
  readonly spanId?: string
  /** When the caller's patience ends, in milliseconds since 1970: every wait for the database ends before. */
  readonly deadline: number
  /** Where the request comes from, as our own proxies saw it: caller-address.ts. Absent in work that belongs to no request. */
  readonly address?: string
  /** The holder whose shares the request uses (shares.ts), once the caller is known. */
  holder?: string
  /** The address has its share of requests that are not authenticated: nothing may be asked for this one. */
  isOverShare?: boolean
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
 * The process's logger. The message is a constant event name (`retention.archived`), data goes into fields.
 * Whatever is called like a credential is replaced in the first two levels, and whatever looks like one is replaced anywhere in the
 * finished line, whichever field it came in. Control characters are spelled out, so a line is safe to show on a terminal.
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

/** An error as fields: name, message, code and stack; never the parameters of a statement, which may hold what a caller sent. */
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

/** PostgreSQL's data exceptions (class 22) quote the value: `invalid input syntax for type uuid: "…"`. */
const withoutValues = (text: string, code: unknown): string =>
  typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code) ? text.replace(/: ".*"/s, ': "[redacted]"') : text
