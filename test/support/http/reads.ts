// Compares what a route answers to HEAD, and to a client that has its answer, with what it answers to GET.

export type Ask = (method: 'GET' | 'HEAD', headers: Readonly<Record<string, string>>) => Promise<Asked>

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Headers of one exchange, and of its connection. */
const OWN = /^(?:date|connection|keep-alive|x-request-id|x-request-time|(?:x-)?ratelimit.*)$/
/** Headers that depend on the content, which some routes change with every answer. */
const OF_CONTENT = /^(?:etag|link|content-(?:length|encoding))$/

/** Returns the difference as a sentence; undefined where there is none. */
export async function differenceOfReads(ask: Ask): Promise<string | undefined> {
  const get = await ask('GET', {})
  const head = await ask('HEAD', {})
  const tag = get.headers.get('etag')
  if ((tag !== null) !== (get.status === 200)) return `GET is answered ${get.status} with the ETag ${tag}`
  if (head.text !== '') return `HEAD is answered with a body: ${head.text}`
  const leftOut = tag === head.headers.get('etag') ? [OWN] : [OWN, OF_CONTENT]
  const [told, expected] = [facts(head, leftOut), facts(get, leftOut)]
  if (told !== expected) return `HEAD is answered ${told}, and GET ${expected}`
  if (tag === null) return undefined
  const again = await ask('GET', { 'if-none-match': tag })
  if (again.status === 304) return again.text === '' ? undefined : `304 has a body: ${again.text}`
  const isAnother = again.text !== get.text && again.headers.get('etag') !== tag
  return isAnother ? undefined : `the ETag ${tag} of the current answer is answered ${again.status}`
}

const facts = ({ status, headers }: Asked, leftOut: readonly RegExp[]): string =>
  JSON.stringify([status, ...[...headers].filter(([name]) => !leftOut.some((pattern) => pattern.test(name)))])
