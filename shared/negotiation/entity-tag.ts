// Conditional requests: whether a client has the answer already.
import { createHash } from 'node:crypto'
import { unhurried } from '../base/unhurried.ts'

/** Bytes that are hashed in one piece, which takes a millisecond. */
const HASHED_BYTES = 1024 * 1024

/** The part of an answer that its ETag depends on. */
export interface Tagged {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/**
 * Returns the ETag of an answer that has no version of its own: a hash of what the client would read, which is the body, its type, and the
 * link to the next page. It is weak, because the same answer is sent with and without compression.
 */
export async function contentTag({ headers, body }: Tagged): Promise<string> {
  const hash = createHash('sha256').update(`${headers['content-type'] ?? ''}\n${headers['link'] ?? ''}\n`)
  const pause = unhurried()
  for (let at = 0; at < body.length; at += HASHED_BYTES) {
    hash.update(body.subarray(at, at + HASHED_BYTES))
    await pause()
  }
  return `W/"${hash.digest('base64url').slice(0, 22)}"`
}

/** True when `If-None-Match` (RFC 9110, 13.1.2) names the ETag, by weak comparison: a GET is then answered with 304. */
export function matchesEntityTag(ifNoneMatch: string | undefined, etag: string | undefined): boolean {
  if (ifNoneMatch === undefined || etag === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',', 64).some((sent) => opaque(sent.trim()) === opaque(etag))
}

const opaque = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag)

/** The ETag of a row's version. It is strong, because `If-Match` compares it. */
export const versionTag = (version: number): string => `"${version}"`

/** Reads `If-Match` (RFC 9110, 13.1.1): `*`, or a list of ETags of which one must equal the version's by strong comparison. */
export function versionExpected(ifMatch: string | undefined): (version: number) => boolean {
  if (ifMatch === undefined || ifMatch.trim() === '*') return () => true
  const tags = ifMatch.split(',').map((tag) => tag.trim())
  return (version) => tags.includes(versionTag(version))
}
