// The text of shared/base/scopes.ts: the scopes that the routes of the slices name.
import { platformScopes, type Route, type Routes } from '@penstock/shared/base/wire.ts'

/** The same routes give the same text. @throws {Error} when routes of one scope disagree on whether users have it. */
export function scopesFile(contracts: readonly Routes[]): string {
  const routes = contracts.flatMap((contract) => Object.values(contract)).filter(({ scope }) => isOfTenants(scope))
  const byScope = [...Map.groupBy(routes, ({ scope }) => scope)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const torn = byScope.find(([, some]) => new Set(some.map(({ users }) => users)).size > 1)
  if (torn)
    throw new Error(`some routes with the scope ${torn[0]} have users, others have not: a scope is given as a whole`)
  const scopes = byScope.map(([scope]) => scope)
  const ofUsers = byScope.flatMap(([scope, some]) => (some.some(({ users }) => users) ? [scope] : []))
  return [
    "// The scopes of tenants' credentials: made by `npm run deployments` from the routes of all slices.\n",
    "\n/** Scopes of a tenant's key. */\n",
    listOf('tenantScopes', scopes),
    "\n/** Scopes of a user's own token. */\n",
    listOf('userScopes', ofUsers),
  ].join('')
}

const isOfTenants = (scope: Route['scope']): boolean =>
  scope !== 'none' && !(platformScopes as readonly string[]).includes(scope)

const WIDTH = 120

/** Formats a list like the formatter does: in one line if it fits. */
function listOf(name: string, scopes: readonly string[]): string {
  const quoted = scopes.map((scope) => `'${scope}'`)
  const line = `export const ${name} = [${quoted.join(', ')}] as const`
  if (line.length <= WIDTH) return `${line}\n`
  return `export const ${name} = [\n${quoted.map((scope) => `  ${scope},\n`).join('')}] as const\n`
}
