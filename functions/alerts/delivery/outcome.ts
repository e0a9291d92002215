// The end of an attempt to send, and when the next one follows.

export type Outcome =
  | { readonly kind: 'sent' }
  /** Another attempt may succeed. */
  | { readonly kind: 'failed_attempt'; readonly error: string }
  /** No further attempt can succeed. */
  | { readonly kind: 'failed'; readonly error: string }
  /** The receiver said that it is gone for good: its channel is switched off. */
  | { readonly kind: 'gone'; readonly error: string }

/** Seconds from a failed attempt to the next one; after the last of them, each hour. */
const DELAYS = [10, 30, 120, 600, 3_600] as const

/** Returns the seconds until the next attempt, after so many attempts. */
export const delayAfter = (attempts: number): number => DELAYS[Math.max(attempts, 1) - 1] ?? 3_600

/** Seconds after its creation until which a notification is tried again. */
export const LIFE_SECONDS = 86_400

const GONE = 410

/** Reads the status of a receiver's answer. A redirect is not followed, so it is a failed attempt. */
export function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'sent' }
  if (status === GONE) return { kind: 'gone', error: 'The receiver answered 410 (gone).' }
  return { kind: 'failed_attempt', error: `The receiver answered ${status}.` }
}

/** Describes why there was no answer. The text is shown to the tenant, so it names a code and nothing of the network. */
export function failureOf(error: unknown): Outcome {
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown }
  if (name === 'TimeoutError' || name === 'AbortError' || code === 'ABORT_ERR')
    return { kind: 'failed_attempt', error: 'The receiver did not answer in time.' }
  const reason = typeof code === 'string' && /^[A-Z0-9_]{2,60}$/.test(code) ? ` (${code})` : ''
  return { kind: 'failed_attempt', error: `The receiver could not be reached${reason}.` }
}
