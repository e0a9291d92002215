// Parses bytes and query strings, and validates them with a contract's schemas.
import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import { parseExact } from '../base/exact-json.ts'
import { type FieldError, invalid, malformed, Problem, tooLarge } from '../base/problem.ts'
import { hasTooManyValues, MAX_VALUES } from '../base/value-count.ts'
import { ENTRY_BYTES, type Route, wrongType } from '../base/wire.ts'
import { parseInPieces } from './json-pieces.ts'

/** Maximum number of broken rules in an answer. */
export const MAX_ERRORS = 100
/** The byte order mark that some editors and shells write. RFC 8259 allows a parser to ignore it. */
const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/**
 * Parses any JSON. With `exact`, whole numbers that a double cannot hold become bigint.
 * @throws {Problem} 400 for bytes that are empty, not UTF-8 or not JSON; 413 for too many values.
 */
export function parseJson(bytes: Buffer, { exact }: Pick<Route, 'exact'> = {}): unknown {
  if (bytes.length === 0) throw new Problem(malformed, 'The body is empty.')
  if (!isUtf8(bytes)) throw new Problem(malformed, 'The body is not valid UTF-8.')
  if (hasTooManyValues(bytes)) throw new Problem(tooLarge, `The body may have at most ${MAX_VALUES} values.`)
  try {
    const text = bytes.toString(
      'utf8',
      bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0,
    )
    return exact ? parseExact(text) : JSON.parse(text)
  } catch {
    throw new Problem(malformed, 'The body is not valid JSON.')
  }
}

/**
 * Like `parseJson`, but a large body does not block the CPU: other requests run while it is parsed. A body with exact numbers is never
 * large.
 * @throws {Problem} like `parseJson`; 413 for an object of more than 10,000 members.
 */
export async function parseUnhurried(bytes: Buffer, route: Pick<Route, 'exact'> = {}): Promise<unknown> {
  return bytes.length <= ENTRY_BYTES || route.exact ? parseJson(bytes, route) : await parseInPieces(bytes)
}

/** Validates a parsed body. @throws {Problem} 422 with a JSON pointer for each broken rule. */
export function validateBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  return validate(schema, body, (path) =>
    path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
  )
}

/**
 * Validates a query string. The values of a name that ends in `[]` become a list.
 * @throws {Problem} 422 with `?name` for each broken rule; sending any other name twice breaks one.
 */
export function validateQuery<T extends z.ZodType>(
  schema: T,
  query: readonly (readonly [name: string, value: string])[],
): z.output<T> {
  // Without a prototype, so that `constructor` is present only if it was sent.
  const parameters: Record<string, string | string[]> = Object.create(null)
  const repeated: FieldError[] = []
  for (const [name, value] of query) {
    if (name.endsWith('[]')) {
      const list = (parameters[name] ??= []) as string[]
      list.push(value)
      continue
    }
    if (Object.hasOwn(parameters, name)) repeated.push({ pointer: `?${name}`, detail: 'must be given once' })
    parameters[name] = value
  }
  if (repeated.length > 0) throw invalidRequest(repeated)
  return validate(schema, parameters, (path) => `?${String(path[0] ?? '')}`)
}

/**
 * The 422 for broken rules, of which the first hundred are listed. `detail` summarises them in one sentence, for clients that show only
 * that.
 */
export function invalidRequest(broken: readonly FieldError[]): Problem {
  const [first] = broken
  const more = broken.length - 1
  const listed = broken.length > MAX_ERRORS ? `, the first ${MAX_ERRORS} of which are listed` : ''
  const sentence = first
    ? `${first.pointer === '' ? 'the body' : first.pointer}: ${first.detail}`
    : 'The request is not valid.'
  const detail = more > 0 ? `${sentence} (${broken.length} errors in all${listed})` : sentence
  return new Problem(invalid, detail, { errors: broken.slice(0, MAX_ERRORS) })
}

function validate<T extends z.ZodType>(
  schema: T,
  value: unknown,
  pointerOf: (path: readonly PropertyKey[]) => string,
): z.output<T> {
  const result = schema.safeParse(value, { error: wrongType })
  if (result.success) return result.data
  throw invalidRequest(result.error.issues.map((issue) => ({ pointer: pointerOf(issue.path), detail: issue.message })))
}
