// JSON with exact whole numbers beyond 2^53, which are read and written as bigint.

/** Length of the longest 64-bit number with its sign. Longer digits stay a double, because their conversion would take long. */
const MAX_LENGTH = 20

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** The reviver's third argument and `rawJSON` (V8 11.4, Node 21) are not in TypeScript's library yet. */
const json = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown
  rawJSON(text: string): unknown
}

/**
 * Like JSON.parse, but a whole number of up to 64 bits that a double cannot hold becomes a bigint. @throws {SyntaxError} for invalid
 * JSON.
 */
export function parseExact(text: string): unknown {
  return json.parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value
    return source.length <= MAX_LENGTH && /^-?\d+$/.test(source) ? BigInt(source) : value
  })
}

/** Like JSON.stringify of an object, but a bigint is written as a number. */
export function writeExact(value: object): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? json.rawJSON(String(one)) : one))
}
