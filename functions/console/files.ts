// Files as the console answers them: a text, its type, and the headers for caches and browsers.
import type { Reply } from '@penstock/shared/http/service.ts'

/** Seconds for which a client may use a file without asking again. */
const MAX_AGE_S = 300

/**
 * Headers of a page: it loads styles from its own origin and nothing else, runs no script, and cannot be framed. The data: URL is that of
 * the empty icon, without which browsers ask for /favicon.ico.
 */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

interface File {
  readonly type: string
  readonly isPage?: boolean
  /** Makes the text. Called once, with the first request. */
  readonly text: () => string
}

/** Returns the function that answers a file. */
export function fileReply({ type, isPage = false, text }: File): () => Promise<Reply> {
  let reply: Reply | undefined
  return async () => (reply ??= made())

  function made(): Reply {
    const headers = { 'cache-control': `max-age=${MAX_AGE_S}`, ...(isPage ? pageHeaders : {}) }
    return { text: text(), type, headers }
  }
}
