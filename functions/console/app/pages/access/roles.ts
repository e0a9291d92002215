// The roles and the states of users, with their names.
import type { User } from '@penstock/client/api.ts'

type Named<Value extends string> = readonly (readonly [value: Value, text: string])[]

export const ROLES: Named<User['role']> = [
  ['viewer', 'Viewer'],
  ['operator', 'Operator'],
  ['owner', 'Owner'],
  ['manager', 'Manager'],
  ['admin', 'Admin'],
]

export const STATUSES: Named<User['status']> = [
  ['active', 'Active'],
  ['invited', 'Invited'],
  ['suspended', 'Suspended'],
]
