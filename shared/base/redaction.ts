// What must not be in a log, wherever in a line it stands: a client may put its key into a path, a user agent or a message's id.

const REDACTIONS: readonly (readonly [form: RegExp, instead: string])[] = [
  // Our API keys, of any version, also a part of one. Percent-encoded, the underscore is %5F.
  [/pk\d*(?:_|%5[Ff])[0-9A-Za-z_.~%-]+/g, 'pk_[redacted]'],
  // JSON Web Tokens: users' and service accounts' tokens.
  [/eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g, '[redacted token]'],
  // Access tokens of Google accounts.
  [/ya29\.[\w.-]{10,}/g, '[redacted token]'],
  // What follows the name of an authentication scheme: base64 of name and password, or any token.
  [/\b(Basic|Bearer|Token)(\s+|%20|\+)[\w.~+/%-]{16,}=*/gi, '$1 [redacted]'],
  // The password in a URL; in a line of JSON a quotation mark ends the text, unless a backslash is before it.
  [/\/\/([^:/@\s"\\]*):(?:[^@\s"\\]|\\.)*@/g, '//$1:[redacted]@'],
]

/** The text without credentials. A line of JSON stays the same JSON but for them. Safe to repeat. */
export const withoutCredentials = (text: string): string =>
  REDACTIONS.reduce((redacted, [form, instead]) => redacted.replace(form, instead), text)
