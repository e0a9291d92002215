// The load balancer's rules, made from the route table that the local gateway uses.
import type { TableEntry } from './route-table.ts'

export interface LoadBalancerRule {
  readonly function: string
  /** Null for all methods that no earlier rule has. */
  readonly method: TableEntry['method'] | null
  /** A segment in braces is a parameter. */
  readonly path: string
}

/**
 * Returns the rules in the order of their evaluation: paths without parameters first; for each path its methods, then a rule for all
 * other methods, which sends them to the first function with that path: it answers preflights and 405.
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
