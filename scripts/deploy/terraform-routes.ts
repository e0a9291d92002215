// The load balancer's rules, made from the route table that the local gateway uses.
import type { TableEntry } from './route-table.ts'

export interface LoadBalancerRule {
  readonly function: string
  /** Null for all methods that no earlier rule has. */
  readonly method: TableEntry['method'] | null
  /** A segment in braces is a parameter. A path that ends in `/*` includes everything below it, and itself. */
  readonly path: string
}

/** Route rules in a path matcher: https://cloud.google.com/load-balancing/docs/quotas#url_maps */
const MAX_RULES = 200

/**
 * Returns the rules in the order of their evaluation: paths without parameters first. A prefix that belongs to one function is one rule, and
 * so is a path whose methods all go to one function. Another path has a rule for each method, and a last one which sends all other methods
 * to the function with its GET, or else the first one with that path: it answers HEAD, preflights and 405. `others` is the number of rules that the load balancer has besides.
 * @throws {Error} when the load balancer takes fewer rules.
 */
export function loadBalancerRules(table: readonly TableEntry[], others = 0): readonly LoadBalancerRule[] {
  const prefixes = prefixesOf(table)
  const single = table.filter(({ path }) => !prefixes.some((prefix) => isUnder(prefix, path)))
  const byPath = Map.groupBy(single, ({ path }) => path)
  const paths = [...byPath.keys()].toSorted((a, b) => parameters(a) - parameters(b) || (a < b ? -1 : 1))
  const rules = [...paths.flatMap((path) => rulesOf(byPath.get(path) ?? [])), ...prefixes.map(toRule(table))]
  if (rules.length + others > MAX_RULES)
    throw new Error(
      `the load balancer would need ${rules.length + others} rules and takes ${MAX_RULES}: give the routes of a slice a common prefix, or group more slices into one deployment in shared/connection-budget.json`,
    )
  return rules
}

function rulesOf(entries: readonly TableEntry[]): readonly LoadBalancerRule[] {
  const first = entries.find(({ method }) => method === 'GET') ?? entries[0]
  if (!first) return []
  const elsewhere = entries.filter((entry) => entry.function !== first.function)
  return [...elsewhere, { ...first, method: null }]
}

/** Returns the shortest prefixes without parameters below which one function has at least two paths and no other function has any. */
function prefixesOf(table: readonly TableEntry[]): readonly string[] {
  const paths = [...new Set(table.map(({ path }) => path))]
  const candidates = new Set(paths.flatMap(prefixesOfPath))
  const owned = [...candidates].filter((prefix) => {
    const claims = table.filter(({ path }) => mayBeUnder(prefix, path))
    return new Set(claims.map((claim) => claim.function)).size === 1 && new Set(claims.map(({ path }) => path)).size > 1
  })
  return owned.filter((prefix) => !owned.some((other) => other !== prefix && isUnder(other, prefix))).toSorted()
}

/** Returns the beginnings of a path, including the path itself, up to its first parameter. */
function prefixesOfPath(path: string): readonly string[] {
  const segments = path.split('/').slice(1)
  const constant = segments.findIndex((segment) => segment.startsWith('{'))
  const usable = constant === -1 ? segments : segments.slice(0, constant)
  return usable.map((_, i) => `/${usable.slice(0, i + 1).join('/')}`)
}

const isUnder = (prefix: string, path: string): boolean => path === prefix || path.startsWith(`${prefix}/`)

/** Returns true when a request for the path can begin with the prefix, because a parameter of the path matches any segment. */
function mayBeUnder(prefix: string, path: string): boolean {
  const segments = path.split('/')
  return prefix.split('/').every((part, i) => segments[i] === part || segments[i]?.startsWith('{') === true)
}

const toRule =
  (table: readonly TableEntry[]) =>
  (prefix: string): LoadBalancerRule => ({
    function: table.find(({ path }) => isUnder(prefix, path))?.function ?? '',
    method: null,
    path: `${prefix}/*`,
  })

const parameters = (path: string): number => path.split('{').length - 1

/** The file's content, by tier: the same table gives the same bytes, as the formatter would have them. */
export const routesFile = (tiers: Readonly<Record<string, readonly LoadBalancerRule[]>>): string =>
  `{\n${Object.entries(tiers)
    .map(([tier, rules]) => `  "${tier}": [\n${rules.map(line).join(',\n')}\n  ]`)
    .join(',\n')}\n}\n`

const line = (rule: LoadBalancerRule): string =>
  `    { "function": "${rule.function}", "method": ${JSON.stringify(rule.method)}, "path": ${JSON.stringify(rule.path)} }`
