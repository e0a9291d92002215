// Reads members of OTLP's JSON and checks their types. A null or missing member has its type's default.
import { malformed, Problem, tooLarge } from '@penstock/shared/base/problem.ts'
import type { Micros } from '@penstock/shared/base/time.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** Each of these functions throws {Problem} 400 for a member of another type. */
export function objectOf(value: unknown, name: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw otherShape(name, 'an object')
}

export function memberOf(object: JsonObject, name: string): unknown {
  return (Object.hasOwn(object, name) ? object[name] : undefined) ?? undefined
}

export function objectAt(object: JsonObject, name: string): JsonObject {
  const value = memberOf(object, name)
  return value === undefined ? {} : objectOf(value, name)
}

export function listAt(object: JsonObject, name: string): readonly unknown[] {
  const value = memberOf(object, name) ?? []
  if (Array.isArray(value)) return value
  throw otherShape(name, 'an array')
}

export function textAt(object: JsonObject, name: string): string {
  const value = memberOf(object, name) ?? ''
  if (typeof value === 'string') return value
  throw otherShape(name, 'a string')
}

/** Returns a number, also one that is written as a string: `NaN`, `Infinity`, and every 64-bit integer. Undefined when it is missing. */
export function numberAt(object: JsonObject, name: string): number | undefined {
  const value = memberOf(object, name)
  return value === undefined ? undefined : numberOf(value, name)
}

export function booleanAt(object: JsonObject, name: string): boolean {
  const value = memberOf(object, name) ?? false
  if (typeof value === 'boolean') return value
  throw otherShape(name, 'a boolean')
}

/** Maximum numbers in one list, as in Protocol Buffers; they are read in one piece. */
const MAX_NUMBERS = 131_072

export function numbersAt(object: JsonObject, name: string): readonly number[] {
  const list = listAt(object, name)
  if (list.length > MAX_NUMBERS) throw new Problem(tooLarge, `${name} may have at most ${MAX_NUMBERS} numbers.`)
  return list.map((value) => numberOf(value, name))
}

/** Returns nanoseconds, cut to microseconds; 0 means that the instant is unknown. */
export function instantAt(object: JsonObject, name: string): Micros | undefined {
  const value = memberOf(object, name) ?? 0
  const digits = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof digits === 'string' && /^\d{1,20}$/.test(digits)) {
    return /^0+$/.test(digits) ? undefined : Number(digits.slice(0, -3))
  }
  // As a number it is already rounded, to 256 ns.
  if (typeof value === 'number' && value > 0 && value < 2 ** 64) return Math.floor(value / 1_000)
  throw otherShape(name, 'nanoseconds since 1970')
}

/** Returns the nanoseconds of an instant after its microseconds, as far as its encoding preserves them. */
export function nanosAt(object: JsonObject, name: string): number {
  const value = memberOf(object, name)
  const digits = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  return Number(digits.slice(-3)) % 1_000 || 0
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const NOT_FINITE: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/** Reads a number from a value that is present. */
export function numberOf(value: unknown, name: string): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string') {
    if (DECIMAL.test(value)) return Number(value)
    const special = NOT_FINITE.get(value)
    if (special !== undefined) return special
  }
  throw otherShape(name, 'a number')
}

export function otherShape(name: string, expected: string): Problem {
  return new Problem(malformed, `The body is not valid OTLP: ${name} is not ${expected}.`)
}
