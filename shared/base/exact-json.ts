// JSON whose whole numbers are exact beyond 2^53: as bigint, in and out.

/** Digits and a sign of a 64-bit number. What is longer is none, and would take long to convert. */
const MAX_LENGTH = 20

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** The reviver's third argument and `rawJSON` (V8 11.4, Node 21) are not in TypeScript's library yet. */
const json = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown
  rawJSON(text: string): unknown
}

/** As JSON.parse, but a whole number of up to 64 bits that a double cannot hold is a bigint. @throws {SyntaxError} */
export function parseExact(text: string): unknown {
  return json.parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value
    return source.length <= MAX_LENGTH && /^-?\d+$/.test(source) ? BigInt(source) : value
  })
}

/** As JSON.stringify of an object, but a bigint is a number. */
export function writeExact(value: object): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? json.rawJSON(String(one)) : one))
}
