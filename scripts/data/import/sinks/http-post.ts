// Sends one body until it is answered.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type LenientAnswer, routes } from '../../../../functions/metrics-ingest/contract.ts'
import { detailOf, type FetchDeps, type FetchReply, fetchPatiently } from '../../../cli/patient-fetch.ts'
import { ImportError } from '../import-error.ts'

export interface PostDeps extends FetchDeps {
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
  const patience = {
    answerMs: ANSWER_MS,
    attempts: ATTEMPTS,
    pauseMs: (reply: FetchReply, attempt: number) => {
      const waitMs = Math.min(LONGEST_PAUSE_MS, Math.max(reply.retryAfterMs, FIRST_PAUSE_MS * 2 ** (attempt - 1)))
      deps.say(`${url}: ${described(reply)}; again in ${Math.ceil(waitMs / 1000)} s`)
      return waitMs
    },
  }
  const reply = await fetchPatiently(deps, url + routes.batch.path, request, patience)
  if (reply.status !== 200) throw new ImportError(`${url}: ${described(reply)}`)
  return readAnswer(url, reply.text)
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

function described({ status, text }: FetchReply): string {
  return status === 0 ? text : `${status}: ${detailOf(text)}`
}
