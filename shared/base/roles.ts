// The roles of users, and the scopes that each of them has.
import { leastRoles, tenantScopes } from './scopes.ts'

/** From the least to the greatest: each role may do what the roles before it may. */
export const roles = ['viewer', 'operator', 'owner', 'manager', 'admin'] as const
export type Role = (typeof roles)[number]

type TenantScope = (typeof tenantScopes)[number]

/** Returns the scopes of a role, in the order of `tenantScopes`. */
export const scopesOfRole = (role: Role): readonly TenantScope[] => byRole[role]

const isWithin = (least: Role, role: Role): boolean => roles.indexOf(least) <= roles.indexOf(role)

const byRole = Object.fromEntries(
  roles.map((role) => [role, tenantScopes.filter((scope) => isWithin(leastRoles[scope], role))]),
) as unknown as Readonly<Record<Role, readonly TenantScope[]>>
