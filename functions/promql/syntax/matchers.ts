// Matchers of label values. Regular expressions follow RE2, which matches in time linear in the value.
import type * as Re2 from 're2js'
import type { Matcher } from './ast.ts'
import type { MatchOperator } from './tokens.ts'

/** Maximum values whose result a matcher caches: labels have few values and many series. */
const MOST_CACHED = 10_000

let library: typeof Re2 | undefined

/** Loads the library of regular expressions, before the first expression is read: a start without PromQL does without it. */
export async function loadRegexes(): Promise<void> {
  library ??= await import('re2js')
}

/** Makes a matcher. @throws {SyntaxError} for a regular expression that RE2 does not accept. */
export function makeMatcher(name: string, operator: MatchOperator, value: string): Matcher {
  return { name, operator, value, matches: testOf(operator, value) }
}

function testOf(operator: MatchOperator, value: string): (candidate: string) => boolean {
  if (operator === '=') return (candidate) => candidate === value
  if (operator === '!=') return (candidate) => candidate !== value
  const matches = compileWhole(value)
  return operator === '=~' ? matches : (candidate) => !matches(candidate)
}

/** Compiles a test that an expression matches the whole of a value. @throws {SyntaxError} */
function compileWhole(pattern: string): (candidate: string) => boolean {
  const compiled = compileRegex(pattern)
  const cached = new Map<string, boolean>()
  return (candidate) => {
    const known = cached.get(candidate)
    if (known !== undefined) return known
    const matches = compiled.test(candidate)
    if (cached.size < MOST_CACHED) cached.set(candidate, matches)
    return matches
  }
}

/** Compiles an expression that has to match a whole text. @throws {SyntaxError} when RE2 does not accept it. */
export function compileRegex(pattern: string): Re2.RE2JS {
  if (!library) throw new Error('loadRegexes was not awaited')
  try {
    return library.RE2JS.compile(`^(?:${pattern})$`)
  } catch (error) {
    if (error instanceof library.RE2JSException) throw new SyntaxError(error.message, { cause: error })
    throw error
  }
}
