// A client of the suite: each operation of the API document by its name, with retries, a time limit, pages and typed problems.
import { type Operations, operations } from './api.ts'
import { parseExact, stringifyExact } from './json.ts'
import { NoAnswerError, type ProblemError, readProblem } from './problem.ts'

export interface ClientSettings {
  /** The origin of the suite, `https://metrics.example.com`. A path in front of the API's is kept. */
  readonly url: string
  /** An API key or a user's token; a function when it changes, as tokens do. */
  readonly credential?: string | (() => string | Promise<string>)
  /** The time for a whole call, its retries and waits included. 30,000 when left out. */
  readonly timeoutMs?: number
  /** How often a call is tried again after 429, 503 or a lost connection. 4 when left out. */
  readonly retries?: number
  /** For tests and for proxies. */
  readonly fetch?: typeof fetch
}

export type OperationName = keyof Operations
/** The operations that answer in pages. */
export type PagedName = {
  [Name in OperationName]: (typeof operations)[Name]['paged'] extends true ? Name : never
}[OperationName]
export type RequestOf<Name extends OperationName> = Operations[Name]['request']
export type Media<Name extends OperationName> = keyof Operations[Name]['answers'] & string
/** The media type that an operation answers unless another is asked for. */
export type DefaultMedia<Name extends OperationName> = Media<Name> & (typeof operations)[Name]['accepts']
export type AnswerOf<Name extends OperationName, Type extends Media<Name> = DefaultMedia<Name>> = [Type] extends [never]
  ? undefined
  : Operations[Name]['answers'][Type]

export interface CallOptions<Type extends string> {
  /** The media type of the answer. */
  readonly accept?: Type
  /** Ends the call early. */
  readonly signal?: AbortSignal
}

/** The answer of 304, which is none: an operation that reads is asked for it with `If-None-Match`. */
export type NotModified<Name extends OperationName> = (typeof operations)[Name]['method'] extends 'GET'
  ? undefined
  : never

/** A request without `If-None-Match`, so that there is an answer. */
export type UnconditionalRequest<Name extends OperationName> = RequestOf<Name> & {
  readonly header?: { readonly 'If-None-Match'?: never }
}

/** An answer with what HTTP says about it. */
export interface Received<Answer> {
  readonly answer: Answer
  /** A success, or 304 where `If-None-Match` has the ETag of the current answer. */
  readonly status: number
  /** `ETag`, `Link`, `RateLimit`, `Preference-Applied`, … In a browser, those that the suite lets pages read. */
  readonly headers: Headers
}

/** The arguments of a call: the request may be left out where every part of it may. */
type Arguments<Request, Type extends string> =
  Record<never, never> extends Request
    ? [request?: Request, options?: CallOptions<Type>]
    : [request: Request, options?: CallOptions<Type>]

export interface Client {
  /**
   * Sends one operation and returns its answer; undefined where there is none.
   * @throws {ProblemError} when the suite refuses or fails.
   * @throws {NoAnswerError} when it does not answer in time.
   */
  call<Name extends OperationName, Type extends Media<Name> = DefaultMedia<Name>>(
    name: Name,
    ...args: Arguments<UnconditionalRequest<Name>, Type>
  ): Promise<AnswerOf<Name, Type>>
  /** Like `call`, with the status and the headers of the answer. With `If-None-Match`, the answer of 304 is undefined. */
  send<Name extends OperationName, Type extends Media<Name> = DefaultMedia<Name>>(
    name: Name,
    ...args: Arguments<RequestOf<Name>, Type>
  ): Promise<Received<AnswerOf<Name, Type> | NotModified<Name>>>
  /** Asks for one page after the other, each when the one before has been used. The time limit holds for each page. */
  pages<Name extends PagedName, Type extends Media<Name> = DefaultMedia<Name>>(
    name: Name,
    ...args: Arguments<UnconditionalRequest<Name>, Type>
  ): AsyncGenerator<AnswerOf<Name, Type>, void, undefined>
}

type Scalar = string | number | bigint | boolean | undefined
type QueryValue = Scalar | readonly Scalar[] | Readonly<Record<string, Scalar>>
const isList = (value: QueryValue): value is readonly Scalar[] => Array.isArray(value)

interface Sent {
  readonly path?: Readonly<Record<string, Scalar>>
  readonly query?: Readonly<Record<string, QueryValue>>
  readonly header?: Readonly<Record<string, Scalar>>
  readonly body?: unknown
}

/** What is sent, as often as it takes. */
interface Asked {
  readonly url: URL
  readonly repeatable: boolean
  readonly init: {
    readonly method: string
    readonly headers: Headers
    readonly body?: string | Uint8Array<ArrayBuffer>
  }
  readonly signal: AbortSignal | undefined
}

interface Settled extends Required<Omit<ClientSettings, 'credential' | 'url'>> {
  readonly url: URL
  readonly credential: ClientSettings['credential']
}

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 10_000

/** Makes a client. It holds nothing open and needs no closing. @throws {TypeError} when `url` is not a URL. */
export function createClient({ url, credential, timeoutMs = 30_000, retries = 4, ...rest }: ClientSettings): Client {
  const base = new URL(url.endsWith('/') ? url : `${url}/`)
  const settings: Settled = { url: base, credential, timeoutMs, retries, fetch: rest.fetch ?? ownFetch }
  const client = {
    async call(name: OperationName, request: Sent = {}, options: CallOptions<string> = {}) {
      return (await send(settings, askedFor(base, name, request, options))).answer
    },
    async send(name: OperationName, request: Sent = {}, options: CallOptions<string> = {}) {
      return await send(settings, askedFor(base, name, request, options))
    },
    async *pages(name: OperationName, request: Sent = {}, options: CallOptions<string> = {}) {
      for (let asked: Asked | undefined = askedFor(base, name, request, options); asked; ) {
        const { answer, headers }: Received<unknown> = await send(settings, asked)
        yield answer
        const next = nextPage(headers)
        asked = next === undefined ? undefined : { ...asked, url: sameOrigin(new URL(next, asked.url), base) }
      }
    },
  }
  // The overloads by name exist for the caller alone: what is sent and read does not depend on the operation.
  return client as unknown as Client
}

/** A browser's `fetch` refuses to be called as a method of another object. */
const ownFetch: typeof fetch = async (...request) => await fetch(...request)

function askedFor(base: URL, name: OperationName, request: Sent, { accept, signal }: CallOptions<string>): Asked {
  const { method, path, sends, accepts, repeatable } = operations[name]
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(String(request.path?.[part])))
  const url = new URL(`.${filled}`, base)
  for (const [key, value] of Object.entries(request.query ?? {})) addQuery(url.searchParams, key, value)
  const headers = new Headers()
  const media = accept ?? accepts
  if (media !== null) headers.set('accept', `${media}, application/problem+json`)
  for (const [key, value] of Object.entries(request.header ?? {})) {
    if (value !== undefined) headers.set(key, String(value))
  }
  // One key for every try, so that a write whose answer was lost is not done twice.
  if (repeatable && method !== 'GET' && !headers.has('idempotency-key'))
    headers.set('idempotency-key', crypto.randomUUID())
  if (request.body === undefined) return { url, repeatable, init: { method, headers }, signal }
  const { body } = request
  const raw = body instanceof Uint8Array || (typeof body === 'string' && sends !== 'application/json')
  const type = body instanceof Uint8Array ? 'application/x-protobuf' : sends
  if (type !== null && !headers.has('content-type')) headers.set('content-type', type)
  const bytes = raw ? (body as string | Uint8Array<ArrayBuffer>) : stringifyExact(body)
  return { url, repeatable, init: { method, headers, body: bytes }, signal }
}

/** Labels are parameters of their own, `labels.<name>`, and each value of a list is sent under its name. */
function addQuery(query: URLSearchParams, key: string, value: QueryValue): void {
  if (value === undefined) return
  if (isList(value)) for (const part of value) query.append(key, String(part))
  else if (typeof value === 'object') {
    for (const [name, part] of Object.entries(value)) query.append(`${key}.${name}`, String(part))
  } else query.append(key, String(value))
}

async function send(settings: Settled, asked: Asked): Promise<Received<unknown>> {
  const end = Date.now() + settings.timeoutMs
  const limit = AbortSignal.timeout(settings.timeoutMs)
  const signal = asked.signal ? AbortSignal.any([asked.signal, limit]) : limit
  for (let tried = 0; ; tried++) {
    const outcome = await once(settings, asked, signal)
    if (!(outcome instanceof Error)) return outcome
    const wait = waitMs(outcome, tried)
    const again = mayRepeat(outcome, asked.repeatable) && tried < settings.retries && Date.now() + wait < end
    if (!again) throw outcome
    await sleep(wait, asked.signal)
  }
}

/** Returns the answer, or the error of this try. @throws the reason of the caller's own signal, and what `credential` throws. */
async function once(
  settings: Settled,
  asked: Asked,
  signal: AbortSignal,
): Promise<Received<unknown> | ProblemError | NoAnswerError> {
  asked.signal?.throwIfAborted()
  const { url, credential } = settings
  const token = typeof credential === 'function' ? await credential() : credential
  if (token !== undefined) asked.init.headers.set('authorization', `Bearer ${token}`)
  try {
    // A redirect would lead the credential to another place.
    const response = await settings.fetch(asked.url, { ...asked.init, redirect: 'error', signal })
    if (!response.ok && response.status !== 304) return await readProblem(response, Date.now())
    return { answer: await readAnswer(response), status: response.status, headers: response.headers }
  } catch (cause) {
    asked.signal?.throwIfAborted()
    const why = signal.aborted ? `within ${settings.timeoutMs} ms` : 'because the connection failed'
    return new NoAnswerError(`${url.origin} did not answer ${why}.`, { cause })
  }
}

/** What was refused before it was done can be repeated; what may have been done only where a repetition changes nothing. */
function mayRepeat(outcome: ProblemError | NoAnswerError, repeatable: boolean): boolean {
  if (outcome instanceof NoAnswerError) return repeatable
  return outcome.status === 429 || (outcome.status === 503 && repeatable)
}

/** Waits at least as long as the suite said, and a random time more, so that clients that were refused together come back apart. */
function waitMs(outcome: ProblemError | NoAnswerError, tried: number): number {
  const backOff = Math.min(FIRST_WAIT_MS * 2 ** tried, LONGEST_WAIT_MS)
  const said = outcome instanceof NoAnswerError ? undefined : outcome.retryAfterMs
  return said === undefined ? backOff * (0.5 + Math.random() / 2) : said + Math.random() * FIRST_WAIT_MS
}

/** @throws the reason of the signal, when it ends the wait. */
async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
  })
}

async function readAnswer(response: Response): Promise<unknown> {
  if (response.status === 204 || response.status === 304) return undefined
  const media = response.headers.get('content-type') ?? ''
  if (/[/+]json\b/.test(media)) return parseExact(await response.text())
  return media.startsWith('text/') ? await response.text() : new Uint8Array(await response.arrayBuffer())
}

const nextPage = (headers: Headers): string | undefined =>
  /<([^>]+)>;\s*rel="?next"?/.exec(headers.get('link') ?? '')?.[1]

/** @throws {NoAnswerError} when the next page is at another place, which must not see the credential. */
function sameOrigin(url: URL, base: URL): URL {
  if (url.origin === base.origin) return url
  throw new NoAnswerError(`The next page is at ${url.origin}, and the credential is for ${base.origin}.`)
}
