// JSON whose whole numbers are exact: one that a double cannot hold is a bigint.

/** Marks a whole number inside a text while it is parsed or written. The suite stores no text with this character. */
const MARK = '\0'
const WRITTEN_MARK = String.raw`\u0000`
/** From 9,000,000,000,000,000 on, a whole number may need more digits than a double has. */
const MAY_BE_LONG = /9\d{15}|\d{17}/
/** Texts, which stay as they are, and long whole numbers, which are no part of a fraction or an exponent. */
const TOKENS = /"(?:[^"\\]|\\.)*"|(?<![\w.+-])-?(?:9\d{15}|[1-9]\d{16,})(?![\d.eE])/g
const MARKED = /"\\u0000(-?\d+)"/g

/** Parses JSON. @throws {SyntaxError} for a text that is none. */
export function parseExact(text: string): unknown {
  if (!MAY_BE_LONG.test(text)) return JSON.parse(text)
  const marked = text.replace(TOKENS, (token) =>
    token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${WRITTEN_MARK}${token}"`,
  )
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  )
}

/** Writes JSON. */
export const stringifyExact = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${MARK}${part}` : part)).replace(
    MARKED,
    '$1',
  )
