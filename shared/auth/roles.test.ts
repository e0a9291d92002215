import { expect, it } from 'vitest'
import { tenantScopes } from '../base/scopes.ts'
import { roles } from '../base/wire.ts'
import { scopesOfRole } from './roles.ts'

it('each role has the scopes of the role before it, and an admin has all', () => {
  for (const [i, role] of roles.entries())
    for (const before of roles.slice(0, i))
      expect(scopesOfRole(role)).toEqual(expect.arrayContaining([...scopesOfRole(before)]))
  expect(scopesOfRole('admin')).toEqual(tenantScopes)
})

it('a viewer writes nothing but its own feedback and its own productions, and only an admin decides about others', () => {
  const writing = (role: (typeof roles)[number]) => scopesOfRole(role).filter((scope) => scope.endsWith(':write'))
  expect(writing('viewer')).toEqual(['feedback:write', 'productions:write'])
  expect(writing('manager')).not.toContain('users:write')
  expect(writing('manager')).not.toContain('keys:write')
})
