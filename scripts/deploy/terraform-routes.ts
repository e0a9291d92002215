// The load balancer's rules, made from the route table that the local gateway uses.
import type { TableEntry } from './route-table.ts'

export interface LoadBalancerRule {
  readonly function: string
  /** Null: whatever method no rule before took. */
  readonly method: TableEntry['method'] | null
  /** A segment in braces is a parameter. */
  readonly path: string
}

/**
 * The rules in the order in which they are tried: paths without parameters first; of each path its methods, then what all others
 * get: the first function that has the path answers preflights, and 405 itself.
 */
export function loadBalancerRules(table: readonly TableEntry[]): readonly LoadBalancerRule[] {
  const byPath = Map.groupBy(table, ({ path }) => path)
  const paths = [...byPath.keys()].toSorted((a, b) => parameters(a) - parameters(b) || (a < b ? -1 : 1))
  return paths.flatMap((path) => {
    const entries = byPath.get(path) ?? []
    const others = entries.slice(0, 1).map((entry) => ({ function: entry.function, method: null, path }))
    return [...entries.map((entry) => ({ function: entry.function, method: entry.method, path })), ...others]
  })
}

const parameters = (path: string): number => path.split('{').length - 1

/** The file's content, by tier: the same table gives the same bytes, as the formatter would have them. */
export const routesFile = (tiers: Readonly<Record<string, readonly LoadBalancerRule[]>>): string =>
  `{\n${Object.entries(tiers)
    .map(([tier, rules]) => `  "${tier}": [\n${rules.map(line).join(',\n')}\n  ]`)
    .join(',\n')}\n}\n`

const line = (rule: LoadBalancerRule): string =>
  `    { "function": "${rule.function}", "method": ${JSON.stringify(rule.method)}, "path": ${JSON.stringify(rule.path)} }`
