// Calls the retention function with an operator's key, at its own URL or the gateway's.
import { type Answered, send } from '../../cli/send.ts'
import { readLocalSuite } from '../../cli/state.ts'

export interface Target {
  readonly url: string
  readonly key: string
}

/** The maximum time that the function may run. */
const TIMEOUT_MS = 1_800_000

/** Finds the function's URL and key. @throws {Error} when one of them is missing. */
export function targetOf(given: { readonly url?: string | undefined; readonly key?: string | undefined }): Target {
  const local = given.url === undefined ? readLocalSuite() : undefined
  const url = given.url ?? local?.functions['retention']
  const key = given.key ?? local?.operator_key
  if (url === undefined) throw new Error('no function to ask: start the suite (npm start), or give --url')
  if (key === undefined) throw new Error('an operator’s key is needed: PENSTOCK_KEY, or --key')
  return { url: url.replace(/\/$/, ''), key }
}

/** Returns the answer's JSON. @throws {Error} with the problem's detail when the status is not 2xx. */
export async function ask<T>(target: Target, path: string, body?: object): Promise<T> {
  const answer = await request(target, path, body)
  if (answer.status >= 200 && answer.status <= 299) return JSON.parse(answer.body || 'null') as T
  throw new Error(`${answer.status}: ${detailOf(answer)}`)
}

async function request({ url, key }: Target, path: string, body: object | undefined): Promise<Answered> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  return await send(`${url}/api/v1/monitoring/retention/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    timeoutMs: TIMEOUT_MS,
  })
}

function detailOf({ body }: Answered): string {
  try {
    return (JSON.parse(body) as { detail?: string }).detail ?? body.slice(0, 300)
  } catch {
    return body.slice(0, 300)
  }
}
