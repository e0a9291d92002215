// Credentials that were accepted lately, so that their callers come before those whose credential is still to be checked.
import type { IncomingHttpHeaders } from 'node:http'
import { crc32 } from 'node:zlib'
import { LRUCache } from 'lru-cache'

/** The credentials are stored as checksums. A caller with the same checksum by chance comes earlier; nothing else depends on it. */
export interface RecentCredentials {
  has(headers: IncomingHttpHeaders): boolean
  accept(headers: IncomingHttpHeaders): void
  /** Forgets a credential that was refused. */
  refuse(headers: IncomingHttpHeaders): void
}

const MAX_CREDENTIALS = 10_000

export function openRecentCredentials(): RecentCredentials {
  const recent = new LRUCache<number, true>({ max: MAX_CREDENTIALS })
  return {
    has: (headers) => recent.get(checksumOf(headers)) === true,
    accept: (headers) => void recent.set(checksumOf(headers), true),
    refuse: (headers) => void recent.delete(checksumOf(headers)),
  }
}

const checksumOf = (headers: IncomingHttpHeaders): number =>
  crc32(`${String(headers['x-api-key'] ?? '')} ${headers.authorization ?? ''}`)
