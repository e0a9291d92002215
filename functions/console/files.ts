// Files as the console answers them: a text, its type, and the headers for caches and browsers.
import type { Reply } from '@penstock/shared/http/service.ts'

/** Lifetimes in caches: a page is asked for each time, the API document rarely changes, and a file whose name has its hash never does. */
const LIFETIMES = {
  checked: 'no-cache',
  minutes: 'max-age=300',
  forever: 'public, max-age=31536000, immutable',
} as const
export type Lifetime = keyof typeof LIFETIMES

/** Directives of the pages' policies, which begin with nothing: no page loads from another host or can be framed. */
const BASE_POLICY = {
  'default-src': "'none'",
  'style-src': "'self'",
  // The data: URLs are icons. Without one, browsers ask for /favicon.ico.
  'img-src': "'self' data:",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': "'none'",
}

/** Returns the headers of a page; `more` are directives of its own policy. */
export const pageHeaders = (more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  'content-security-policy': Object.entries({ ...BASE_POLICY, ...more })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
})

interface File {
  readonly type: string
  readonly lifetime: Lifetime
  readonly headers?: Readonly<Record<string, string>>
  readonly text: string
}

/** Makes the reply with a file. */
export const fileReply = ({ type, lifetime, headers, text }: File): Reply => ({
  text,
  type,
  headers: { 'cache-control': LIFETIMES[lifetime], ...headers },
})

/** Returns a handler whose reply is made with the first request. */
export function once(make: () => Reply): () => Promise<Reply> {
  let reply: Reply | undefined
  return async () => (reply ??= make())
}
