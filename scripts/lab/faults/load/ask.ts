// Sends one request of the load, and classifies its answer: was the request acknowledged?
import type { Dispatcher } from 'undici'

export interface Question {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** The status or statuses that acknowledge. */
  readonly expects: number | readonly number[]
}

/** Makes a POST with JSON and the caller's key. */
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
  /** 503 or 429 with Retry-After: the caller must retry later. */
  | { readonly kind: 'busy' }
  /** 409 with Retry-After: a request with this idempotency key is in progress. */
  | { readonly kind: 'running' }
  /** The connection ended after the request was sent and before the answer arrived, so it is unknown whether it was stored. */
  | { readonly kind: 'cut'; readonly why: string }
  /** There was no connection, so the request was not sent. */
  | { readonly kind: 'unsent'; readonly why: string }
  /** An answer that a caller must never see. */
  | { readonly kind: 'wrong'; readonly why: string }

/** Sends a request; never throws. The dispatcher limits the wait for the answer. */
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

/** Error codes of a dispatcher without a connection, or whose process has ended. */
const UNSENT = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED'])
