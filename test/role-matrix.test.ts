// The table of roles in the documentation is that of the contracts, and each cell of it is what the front decides.
import { readFileSync } from 'node:fs'
import { checkScope } from '@penstock/shared/auth/auth.ts'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { scopesOfRole } from '@penstock/shared/auth/roles.ts'
import { leastRoles, tenantScopes } from '@penstock/shared/base/scopes.ts'
import { type DocumentedRoute, roles, type TenantScope } from '@penstock/shared/base/wire.ts'
import { describe, expect, it } from 'vitest'
import { readSlices } from '../scripts/deploy/deployments-command.ts'

const page = readFileSync(new URL('../docs/users.md', import.meta.url), 'utf8')
const slices = await readSlices()
const routes: readonly DocumentedRoute[] = Object.values(slices).flatMap((slice) => [
  ...Object.values(slice.routes),
  ...Object.values(slice.entries).flatMap((entry) => Object.values(entry.routes)),
])

/** The cells of the table, by scope. */
const cells = new Map(
  page
    .split('\n')
    .filter((line) => /^\| `\w+:\w+` \|/.test(line))
    .map((line) => {
      const [scope = '', ...marks] = line.split('|').slice(1, -1)
      return [scope.trim().replaceAll('`', ''), marks.map((mark) => mark.trim() === 'yes')] as const
    }),
)

describe('the table of roles', () => {
  it('has a row for each scope of the contracts', () => expect([...cells.keys()]).toEqual([...tenantScopes]))

  it.each(tenantScopes.map((scope) => [scope]))('has the cells of %s', (scope: TenantScope) => {
    const from = roles.indexOf(leastRoles[scope])
    expect(cells.get(scope)).toEqual(roles.map((_, role) => role >= from))
  })
})

describe.each(roles.map((role, column) => [role, column] as const))('a user with the role %s', (role, column) => {
  const tenant = { id: 1, name: 'acme', seriesLimit: 1, ignoredLabels: [] }
  const caller: TenantPrincipal = {
    kind: 'tenant',
    name: 'user:ann',
    tenant,
    user: 'ann',
    role,
    scopes: scopesOfRole(role),
  }

  it('may use exactly the routes of its column', () => {
    const wrong = routes
      .filter(({ scope }) => scope !== 'none')
      .filter((route) => {
        const isAllowed = route.scope === 'any' || route.scope === 'tenant' || cells.get(route.scope)?.[column] === true
        return isAllowed !== mayUse(route)
      })
    expect(wrong.map(({ method, path }) => `${method} ${path}`)).toEqual([])
  })

  function mayUse(route: DocumentedRoute): boolean {
    try {
      checkScope(caller, route as Parameters<typeof checkScope>[1])
      return true
    } catch {
      return false
    }
  }
})
