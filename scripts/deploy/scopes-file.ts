// The text of shared/base/scopes.ts: the scopes that the routes of the slices name, and the roles that have them.
import { platformScopes, type Route, type Routes } from '@penstock/shared/base/wire.ts'

/** The least role of a scope whose routes name none. */
const DEFAULT_ROLE = 'operator'

/** The same routes give the same text. @throws {Error} when routes of one scope disagree on the least role that has it. */
export function scopesFile(contracts: readonly Routes[]): string {
  const named = contracts
    .flatMap((contract) => Object.values(contract))
    .flatMap(({ scope, widerScope, users }) => [
      ...(isOfTenants(scope) ? [{ scope, users }] : []),
      ...(widerScope === undefined ? [] : [{ scope: widerScope, users }]),
    ])
  const byScope = [...Map.groupBy(named, ({ scope }) => scope)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const torn = byScope.find(([, some]) => new Set(some.map(leastRoleOf)).size > 1)
  if (torn)
    throw new Error(
      `the routes with the scope ${torn[0]} name different roles in \`users\`: a scope is given as a whole, so let them agree`,
    )
  return [
    "// The scopes of tenants' credentials: made by `npm run deployments` from the routes of all slices.\n",
    "\n/** Scopes of a tenant's key. */\n",
    listOf(
      'tenantScopes',
      byScope.map(([scope]) => scope),
    ),
    '\n/** The least role of a user that has each scope. */\n',
    'export const leastRoles = {\n',
    ...byScope.map(([scope, [first]]) => `  '${scope}': '${first ? leastRoleOf(first) : DEFAULT_ROLE}',\n`),
    '} as const\n',
  ].join('')
}

const leastRoleOf = ({ users }: { readonly users: Route['users'] | undefined }): string =>
  users === true ? 'viewer' : (users ?? DEFAULT_ROLE)

const isOfTenants = (scope: Route['scope']): boolean =>
  scope !== 'none' && scope !== 'any' && scope !== 'tenant' && !(platformScopes as readonly string[]).includes(scope)

const WIDTH = 120

/** Formats a list like the formatter does: in one line if it fits. */
function listOf(name: string, scopes: readonly string[]): string {
  const quoted = scopes.map((scope) => `'${scope}'`)
  const line = `export const ${name} = [${quoted.join(', ')}] as const`
  if (line.length <= WIDTH) return `${line}\n`
  return `export const ${name} = [\n${quoted.map((scope) => `  ${scope},\n`).join('')}] as const\n`
}
