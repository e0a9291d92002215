// What a call can fail with: a problem that the suite answered, or no answer at all.
import { problemKinds } from './api.ts'

export type ProblemKind = (typeof problemKinds)[number]

/** The body of a failure (RFC 9457). */
export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/** A failure that the suite answered. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: ProblemBody
  readonly status: number
  /** The kind of problem; `unknown` for one that this release of the client does not know, whose name is in `problem.type`. */
  readonly kind: ProblemKind | 'unknown'
  /** Milliseconds after which the suite said that a retry may succeed. */
  readonly retryAfterMs: number | undefined
  /** `RateLimit` and the other headers of the answer. */
  readonly headers: Headers

  constructor(problem: ProblemBody, retryAfterMs: number | undefined, headers: Headers) {
    super(`${problem.status} ${problem.detail}`)
    this.problem = problem
    this.status = problem.status
    this.kind = problemKinds.find((kind) => problem.type === `urn:penstock:problem:${kind}`) ?? 'unknown'
    this.retryAfterMs = retryAfterMs
    this.headers = headers
  }
}

/** A call that got no answer: the connection failed, or the time was up. Whether the suite did what was asked is not known. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** Reads the problem of an answer. A proxy's own page becomes a problem with its status. */
export async function readProblem(response: Response, now: number): Promise<ProblemError> {
  const text = await response.text()
  const retryAfterMs = readRetryAfter(response.headers.get('retry-after'), now)
  return new ProblemError(parse(text) ?? madeUp(response, text), retryAfterMs, response.headers)
}

function parse(text: string): ProblemBody | undefined {
  try {
    const body = JSON.parse(text) as Partial<ProblemBody> | null
    return typeof body?.type === 'string' && typeof body.status === 'number' && typeof body.detail === 'string'
      ? (body as ProblemBody)
      : undefined
  } catch {
    return undefined
  }
}

const madeUp = ({ status, statusText }: Response, text: string): ProblemBody => ({
  type: 'about:blank',
  title: statusText,
  status,
  detail: text.trim().slice(0, 200) || statusText || 'The answer has no body.',
})

/** Reads `Retry-After`: seconds, or a date of HTTP. */
function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(at - now, 0)
}
