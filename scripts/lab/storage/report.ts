// Formats the result of a check for people.
import type { Checked } from './check.ts'
import type { Variant } from './variants.ts'

/** Returns true when a check has the result that its variant must have: no violation for the product, and a noticed fault for any other. */
export function isAsExpected({ without, refused }: Variant, { counts, violations }: Checked): boolean {
  if (without === '') return violations.size === 0
  if (refused !== undefined)
    return violations.size === 0 && [...counts.failures.keys()].some((text) => text.includes(refused))
  return violations.size > 0
}

export function describeCheck({ name, without }: Variant, { operations, counts, violations }: Checked): string {
  const verdict = violations.size === 0 ? 'no violation' : `${total(violations)} violations`
  const { writes, unknown, compactions, points, reads, remembered, months, kills, failures } = counts
  const { httpReads, archived, broughtBack, expired, holds, erased, forgotten, deaths } = counts
  return [
    `${name}: ${verdict}; ${operations} operations: ${writes} writes, ${unknown} of unknown outcome, ${compactions} compactions that took ${points} points, ${reads} reads and ${remembered} from memory, ${months} partitions dropped, ${kills} sessions ended`,
    `  ${httpReads} reads over HTTP, ${archived} months archived, ${broughtBack} brought back, ${expired} expired, ${holds} holds, ${erased} erasures, ${forgotten} runs forgotten, ${deaths} instances that died`,
    ...(without === '' ? [] : [`  without the rule: ${without}`]),
    ...[...violations].map(([kind, { count, example }]) => `  ${kind}: ${count}, such as: ${example}`),
    ...[...failures].map(([message, count]) => `  failed and was tried again: ${count} × ${message}`),
  ].join('\n')
}

const total = (violations: Checked['violations']): number =>
  [...violations.values()].reduce((sum, { count }) => sum + count, 0)
