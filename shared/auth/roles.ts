// The scopes that each role of users has.
import { leastRoles, tenantScopes } from '../base/scopes.ts'
import { type Role, roles, type TenantScope } from '../base/wire.ts'

/** Returns the scopes of a role, in the order of `tenantScopes`. */
export const scopesOfRole = (role: Role): readonly TenantScope[] => byRole[role]

const isWithin = (least: Role, role: Role): boolean => roles.indexOf(least) <= roles.indexOf(role)

const byRole = Object.fromEntries(
  roles.map((role) => [role, tenantScopes.filter((scope) => isWithin(leastRoles[scope], role))]),
) as unknown as Readonly<Record<Role, readonly TenantScope[]>>
