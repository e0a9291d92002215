// Conditional requests: whether a client has the answer already.

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
