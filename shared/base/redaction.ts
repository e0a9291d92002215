// Parts of texts that must not be recorded. Patterns that must not reach a log, wherever they occur in a line: a client may put its key into a path, a user agent or a message id.

const REDACTIONS: readonly (readonly [form: RegExp, instead: string])[] = [
  // Our API keys, of any version, or a part of one. Percent-encoded, the underscore is %5F.
  [/pk\d*(?:_|%5[Ff])[0-9A-Za-z_.~%-]+/g, 'pk_[redacted]'],
  // JSON Web Tokens of users and of service accounts.
  [/eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g, '[redacted token]'],
  // Access tokens of Google accounts.
  [/ya29\.[\w.-]{10,}/g, '[redacted token]'],
  // The credential after the name of an authentication scheme: base64 of name and password, or any token.
  [/\b(Basic|Bearer|Token)(\s+|%20|\+)[\w.~+/%-]{16,}=*/gi, '$1 [redacted]'],
  // The password in a URL. In a line of JSON a quotation mark ends the text, unless a backslash precedes it.
  [/\/\/([^:/@\s"\\]*):(?:[^@\s"\\]|\\.)*@/g, '//$1:[redacted]@'],
]

/** Returns the text with every credential replaced. A line of JSON stays valid JSON. Safe to repeat. */
export const withoutCredentials = (text: string): string =>
  REDACTIONS.reduce((redacted, [form, instead]) => redacted.replace(form, instead), text)

/**
 * Returns the /24 of an IPv4 address, which does not identify a household, and every other text as it is: an IPv6 address is a /64 already
 * (see caller-address.ts).
 */
export function prefixOf(address: string): string {
  const [, network] = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(address) ?? []
  return network === undefined ? address : `${network}.0/24`
}
