// A request under construction: first valid, then changed part by part, finally bytes.

export type Pairs = readonly (readonly [name: string, value: string])[]

export interface Draft {
  readonly method: string
  readonly path: string
  /** Names and values as in the URL, with their escapes. */
  readonly query: Pairs
  /** All headers but those that frame the body, in Latin-1. */
  readonly headers: Pairs
  /** Undefined for a request without a body. */
  readonly body: Buffer | undefined
  readonly chunked: boolean
}

/** Returns the target for the request line. */
function targetOf({ path, query }: Pick<Draft, 'path' | 'query'>): string {
  if (query.length === 0) return path
  return `${path}?${query.map(([name, value]) => (value === BARE ? name : `${name}=${value}`)).join('&')}`
}

/** The value of a parameter without `=`. */
export const BARE = '\u0000bare'

/** Replaces all headers of a name by one. */
export const withHeader = (draft: Draft, name: string, value: string): Draft => ({
  ...draft,
  headers: [...without(draft.headers, name), [name, value]],
})

/** Removes the pairs of a name, case-insensitively. */
export const without = (pairs: Pairs, name: string): Pairs =>
  pairs.filter(([other]) => other.toLowerCase() !== name.toLowerCase())

/** The request as bytes. */
export function toBytes(draft: Draft): Buffer {
  return Buffer.concat([Buffer.from(headOf(draft), 'latin1'), framedBody(draft)])
}

/** Request line and headers, with the empty line that ends them. */
export function headOf(draft: Draft): string {
  const framing =
    draft.body === undefined
      ? []
      : draft.chunked
        ? [['Transfer-Encoding', 'chunked']]
        : [['Content-Length', String(draft.body.length)]]
  const lines = [['Host', 'penstock.test'], ...draft.headers, ...framing].map(([name, value]) => `${name}: ${value}`)
  return `${draft.method} ${targetOf(draft)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

function framedBody({ body, chunked }: Draft): Buffer {
  if (body === undefined) return Buffer.alloc(0)
  return chunked ? asChunks(body) : body
}

const CHUNK_BYTES = 100

/** Returns the body in chunks, the last of them empty. */
export function asChunks(body: Buffer, chunkBytes = CHUNK_BYTES): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; at += chunkBytes) {
    const chunk = body.subarray(at, at + chunkBytes)
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}
