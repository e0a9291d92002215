// Sends a request again while the server is busy or out of reach. Only for requests that are safe to repeat.

export interface FetchDeps {
  readonly fetch: typeof fetch
  readonly pause: (ms: number) => Promise<void>
}

export interface FetchReply {
  /** 0 when there was no answer; `text` is then the reason. */
  readonly status: number
  readonly retryAfterMs: number
  readonly text: string
}

export interface Patience {
  /** Maximum milliseconds for one answer. */
  readonly answerMs: number
  readonly attempts: number
  /** Milliseconds before the next attempt, after attempt 1, 2, … */
  readonly pauseMs: (reply: FetchReply, attempt: number) => number
  /** Statuses to try again after, in addition to 429, 5xx and no answer. */
  readonly alsoPasses?: number
}

/** Returns the first answer that another attempt would not change, or the last one when there are no attempts left. */
export async function fetchPatiently(
  { fetch, pause }: FetchDeps,
  url: URL | string,
  request: RequestInit,
  patience: Patience,
): Promise<FetchReply> {
  for (let attempt = 1; ; attempt++) {
    const reply = await fetchOnce(fetch, url, { ...request, signal: AbortSignal.timeout(patience.answerMs) })
    const { status } = reply
    const passes = status === 0 || status === 429 || status >= 500 || status === patience.alsoPasses
    if (!passes || attempt === patience.attempts) return reply
    await pause(patience.pauseMs(reply, attempt))
  }
}

async function fetchOnce(fetch: FetchDeps['fetch'], url: URL | string, request: RequestInit): Promise<FetchReply> {
  try {
    const answer = await fetch(url, request)
    const retryAfterMs = Number(answer.headers.get('retry-after') ?? 0) * 1000 || 0
    return { status: answer.status, retryAfterMs, text: await answer.text() }
  } catch (error) {
    const { message, cause } = error as Error
    return { status: 0, retryAfterMs: 0, text: cause instanceof Error ? cause.message || message : message }
  }
}

/** Returns the server's own message if there is one, or the beginning of what it sent. */
export function detailOf(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: unknown }
    if (typeof detail === 'string') return detail
  } catch {
    // Invalid JSON is shown like JSON of another form.
  }
  return text.slice(0, 200)
}
