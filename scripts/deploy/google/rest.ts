// A client of Google's REST APIs for the checks of a deployment: it sends questions and parses JSON answers.
import type { TokenSource } from './token.ts'

export interface RestDeps {
  readonly token: TokenSource
  readonly fetch: typeof globalThis.fetch
  /** Returns `https://` and the host of a service. A test's fake answers for all services. */
  readonly baseOf?: (service: string) => string
}

export interface Rest {
  /**
   * Reads `https://<service>.googleapis.com<path>`; undefined for 404.
   * @throws {RestError} with the service's message.
   */
  get<T>(service: string, path: string): Promise<T | undefined>
  /**
   * Sends JSON to a method that only answers a question (`:getEffectiveOrgPolicy`, `:testIamPermissions`). @throws {RestError} with the
   * service's message.
   */
  post<T>(service: string, path: string, body: unknown): Promise<T>
}

/** An unsuccessful answer; the message is the service's own. */
export class RestError extends Error {
  readonly status: number
  /** The reason in `google.rpc.ErrorInfo`: `SERVICE_DISABLED`, `IAM_PERMISSION_DENIED`. */
  readonly reason: string | undefined

  constructor(status: number, message: string, reason: string | undefined) {
    super(message)
    this.name = 'RestError'
    this.status = status
    this.reason = reason
  }
}

const TIMEOUT_MS = 20_000

/** Opens a client that calls as the token's owner. It retries nothing, because a check can be run again. */
export function openRest({ token, fetch, baseOf = (service) => `https://${service}.googleapis.com` }: RestDeps): Rest {
  const call = async (service: string, path: string, method: string, body?: string): Promise<Response> =>
    await fetch(`${baseOf(service)}${path}`, {
      method,
      headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    })
  return {
    async get<T>(service: string, path: string) {
      const response = await call(service, path, 'GET')
      if (response.status !== 404) return (await answered(response)) as T
      await response.body?.cancel()
      return undefined
    },
    async post<T>(service: string, path: string, body: unknown) {
      return (await answered(await call(service, path, 'POST', JSON.stringify(body)))) as T
    },
  }
}

/** The form of an error: https://cloud.google.com/apis/design/errors#http_mapping */
interface ErrorBody {
  readonly error?: {
    readonly message?: string
    readonly details?: readonly { readonly '@type'?: string; readonly reason?: string }[]
  }
}

async function answered(response: Response): Promise<unknown> {
  const text = await response.text()
  if (response.ok) return JSON.parse(text)
  let body: ErrorBody = {}
  try {
    body = JSON.parse(text) as ErrorBody
  } catch {
    // Not JSON, for example a proxy's page: the status is enough.
  }
  const reason = body.error?.details?.find((detail) => detail['@type']?.endsWith('ErrorInfo'))?.reason
  throw new RestError(response.status, body.error?.message ?? `answered ${response.status}`, reason)
}
