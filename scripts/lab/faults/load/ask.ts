// One request of the load, and what its answer means for the promise that nothing acknowledged is lost.
import type { Dispatcher } from 'undici'

export interface Question {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** The status that acknowledges, or several. */
  readonly expects: number | readonly number[]
}

/** A body in JSON, with a key of the caller's. */
export function postOf(
  apiKey: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Question {
  return {
    method: 'POST',
    path,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    expects: 200,
  }
}

export interface Acknowledged {
  readonly kind: 'acknowledged'
  readonly status: number
  readonly body: string
}

export type Answer =
  | Acknowledged
  /** 503 or 429 with Retry-After: the caller is asked to come again. */
  | { readonly kind: 'busy' }
  /** A request with this idempotency key is under way: 409 with Retry-After. */
  | { readonly kind: 'running' }
  /** The connection ended after the request was sent and before the answer was here: nobody knows whether it was stored. */
  | { readonly kind: 'cut'; readonly why: string }
  /** There was no connection: the request was not sent. */
  | { readonly kind: 'unsent'; readonly why: string }
  /** Answers that no caller may ever see. */
  | { readonly kind: 'wrong'; readonly why: string }

/** Asks, and never throws. Waits for an answer for as long as the dispatcher does. */
export async function ask(dispatcher: Dispatcher, question: Question): Promise<Answer> {
  const { method, path, headers, body, expects } = question
  try {
    const answer = await dispatcher.request({ method, path, headers, body: body ?? null })
    return judge(answer.statusCode, answer.headers, await answer.body.text(), expects)
  } catch (error) {
    return failed(error as ConnectionError)
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

function judge(status: number, headers: Headers, body: string, expects: Question['expects']): Answer {
  if ([expects].flat().includes(status)) return { kind: 'acknowledged', status, body }
  const comesAgain = /^[1-9]\d*$/.test(String(headers['retry-after']))
  if ((status === 503 || status === 429) && comesAgain) return { kind: 'busy' }
  if (status === 409 && comesAgain) return { kind: 'running' }
  return { kind: 'wrong', why: `${status} ${body.slice(0, 300)}` }
}

interface ConnectionError extends Error {
  readonly code?: string
  readonly syscall?: string
}

function failed({ code, syscall, message }: ConnectionError): Answer {
  const why = `${code ?? ''} ${message}`.trim()
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return { kind: 'wrong', why: 'no answer' }
  return { kind: syscall === 'connect' || UNSENT.has(code ?? '') ? 'unsent' : 'cut', why }
}

/** Error codes of a dispatcher that has no connection, or whose process has ended. */
const UNSENT = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED'])
