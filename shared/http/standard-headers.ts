// Headers that every answer has: of a route, of an error, of a preflight, and of what was no request.

/**
 * An answer is cached by nobody unless its route says otherwise, read as the type that it names, and only ever fetched by TLS once
 * that was possible; a browser sends no URL of ours onward. An answer may replace one of them, and never leaves one out.
 */
export const standardHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  // Browsers ignore it in an answer by plain HTTP, as a laptop's are. Two years: https://hstspreload.org
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}
