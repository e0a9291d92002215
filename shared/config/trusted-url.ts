// Settings that name whom we trust: where keys and tokens come from, and where credentials are sent. One rule for all of them.
import { z } from 'zod'

/** Hosts of which nobody on the network can take the place. */
const isLoopback = (hostname: string): boolean => ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)

/** The base URL of a service that is trusted: by TLS, or on this machine; never with a password in it. */
export const trustedUrl = z
  .url('must be a URL')
  .refine(isTrusted, 'must be https, or http to this machine, without a password')

function isTrusted(text: string): boolean {
  // The type above has refused it, and zod asks all the same.
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** The metadata server is asked in the clear by all of Google's libraries, so it is at its own address, or on this machine. */
export const metadataHost = z
  .string()
  .regex(
    /^(?:(?:169\.254\.169\.254|metadata\.google\.internal|metadata)(?::80)?|(?:127\.0\.0\.1|localhost)(?::\d{1,5})?)$/,
    'must be 169.254.169.254, metadata.google.internal, or this machine',
  )
  .default('169.254.169.254')

/** Parameters of a PostgreSQL URL as its driver reads them: decoded, and of several with one name the last one. */
export const urlParameters = (url: string): URLSearchParams =>
  new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')
