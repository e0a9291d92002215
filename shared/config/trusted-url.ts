// Settings that name trusted parties: sources of keys and tokens, and receivers of credentials. One rule holds for all of them.
import { z } from 'zod'

/** Hosts that nobody on the network can impersonate. */
const isLoopback = (hostname: string): boolean => ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)

/** Schema of the base URL of a trusted service: over TLS or on this machine, and never with a password in it. */
export const trustedUrl = z
  .url('must be a URL')
  .refine(isTrusted, 'must be https, or http to this machine, without a password')

function isTrusted(text: string): boolean {
  // zod calls this check even after the type above has refused the text.
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Google's libraries ask the metadata server without TLS, so it must have its own fixed address or be on this machine. */
export const metadataHost = z
  .string()
  .regex(
    /^(?:(?:169\.254\.169\.254|metadata\.google\.internal|metadata)(?::80)?|(?:127\.0\.0\.1|localhost)(?::\d{1,5})?)$/,
    'must be 169.254.169.254, metadata.google.internal, or this machine',
  )
  .default('169.254.169.254')

/** Parses the parameters of a PostgreSQL URL like its driver does: decoded, and the last of several with one name wins. */
export const urlParameters = (url: string): URLSearchParams =>
  new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')
