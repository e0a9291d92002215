// The common part of all checks of terraform/rules: reading a rule, making a finding, and looking up a value.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Rules as data, each with its source. */
export const RULES = join(import.meta.dirname, '../terraform/rules')

export function readRules<T>(name: string): T {
  return JSON.parse(readFileSync(join(RULES, `${name}.json`), 'utf8')) as T
}

export interface Finding {
  readonly rule: string
  readonly address: string
  readonly wrong: string
  readonly source: string
}

/** The values at a path, through every element of the lists on the way; the last one may be a list. */
export function at(values: unknown, [name, ...rest]: readonly string[]): readonly unknown[] {
  if (name === undefined) return values === null || values === undefined ? [] : [values]
  if (Array.isArray(values)) return values.flatMap((one) => at(one, [name, ...rest]))
  if (typeof values !== 'object' || values === null) return []
  return at((values as Record<string, unknown>)[name], rest)
}
