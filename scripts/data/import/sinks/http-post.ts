// Sends one body until it is answered.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type LenientAnswer, routes } from '../../../../functions/metrics-ingest/contract.ts'
import { ImportError } from '../import-error.ts'

export interface PostDeps {
  readonly fetch: typeof fetch
  readonly pause: (ms: number) => Promise<void>
  readonly say: (line: string) => void
}

export interface HttpTarget {
  /** URL of the suite, or of metrics-ingest itself. */
  readonly url: string
  /** An API key with `metrics:write`. */
  readonly key: string
}

const ANSWER_MS = 120_000
const ATTEMPTS = 10
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000

const packed = promisify(gzip)

/**
 * Posts a batch, and retries while the server is busy or out of reach. Safe to repeat, because each point has its timestamp.
 * @throws {ImportError} when the answer will never be a success, or there is none after ten attempts.
 */
export async function postBatch(deps: PostDeps, { url, key }: HttpTarget, body: string): Promise<LenientAnswer> {
  const request = {
    method: routes.batch.method,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      prefer: 'handling=lenient',
    },
    body: await packed(body, { level: 1 }),
  }
  for (let attempt = 1; ; attempt++) {
    const reply = await send(deps, url + routes.batch.path, request)
    if (reply.status === 200) return readAnswer(url, reply.text)
    const passes = reply.status === 0 || reply.status === 429 || reply.status >= 500
    if (!passes || attempt === ATTEMPTS) throw new ImportError(`${url}: ${described(reply)}`)
    const wait = Math.min(LONGEST_PAUSE_MS, Math.max(reply.retryAfterMs, FIRST_PAUSE_MS * 2 ** (attempt - 1)))
    deps.say(`${url}: ${described(reply)}; again in ${Math.ceil(wait / 1000)} s`)
    await deps.pause(wait)
  }
}

interface Reply {
  /** 0 when there was no answer. */
  readonly status: number
  readonly retryAfterMs: number
  readonly text: string
}

async function send({ fetch }: PostDeps, url: string, request: RequestInit): Promise<Reply> {
  try {
    const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(ANSWER_MS) })
    const retryAfterMs = Number(answer.headers.get('retry-after') ?? 0) * 1000 || 0
    return { status: answer.status, retryAfterMs, text: await answer.text() }
  } catch (error) {
    const { message, cause } = error as Error
    return { status: 0, retryAfterMs: 0, text: cause instanceof Error ? cause.message || message : message }
  }
}

function readAnswer(url: string, text: string): LenientAnswer {
  try {
    const answer = JSON.parse(text) as LenientAnswer
    if (Array.isArray(answer.rejected)) return answer
  } catch {
    // Invalid JSON is handled like JSON of another form.
  }
  throw new ImportError(`${url} does not answer as metrics-ingest does: ${text.slice(0, 200)}`)
}

/** Returns the server's own message if there is one. */
function described({ status, text }: Reply): string {
  if (status === 0) return text
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown }
    return `${status}: ${typeof detail === 'string' ? detail : text.slice(0, 200)}`
  } catch {
    return `${status}: ${text.slice(0, 200)}`
  }
}
