// The scopes of tenants' credentials: made by `npm run deployments` from the routes of all slices.

/** Scopes of a tenant's key. */
export const tenantScopes = [
  'alerts:read',
  'alerts:write',
  'audit:read',
  'backfill:read',
  'backfill:write',
  'carbon:operate',
  'carbon:read',
  'carbon:write',
  'feedback:read',
  'feedback:write',
  'keys:read',
  'keys:write',
  'metrics:read',
  'metrics:write',
  'productions:read',
  'productions:write',
  'usage:read',
  'users:read',
  'users:write',
] as const

/** The least role of a user that has each scope. */
export const leastRoles = {
  'alerts:read': 'viewer',
  'alerts:write': 'owner',
  'audit:read': 'manager',
  'backfill:read': 'viewer',
  'backfill:write': 'operator',
  'carbon:operate': 'operator',
  'carbon:read': 'viewer',
  'carbon:write': 'manager',
  'feedback:read': 'viewer',
  'feedback:write': 'viewer',
  'keys:read': 'admin',
  'keys:write': 'admin',
  'metrics:read': 'viewer',
  'metrics:write': 'operator',
  'productions:read': 'viewer',
  'productions:write': 'viewer',
  'usage:read': 'manager',
  'users:read': 'manager',
  'users:write': 'admin',
} as const
