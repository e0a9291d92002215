// Headers of every answer: of routes, of errors, of preflights, and of malformed requests.

/**
 * Answers are not cached unless their route says otherwise, are interpreted only as the type that they name, and, after the first use of
 * TLS, are fetched only by TLS; a browser sends none of our URLs to other sites. An answer may override these headers, but not omit one.
 */
export const standardHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  // Browsers ignore it in answers over plain HTTP, as on a laptop. Two years: https://hstspreload.org
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}
