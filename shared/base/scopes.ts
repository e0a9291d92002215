// The scopes of tenants' credentials: made by `npm run deployments` from the routes of all slices.

/** Scopes of a tenant's key. */
export const tenantScopes = [
  'alerts:read',
  'alerts:write',
  'backfill:read',
  'backfill:write',
  'feedback:read',
  'feedback:write',
  'metrics:read',
  'metrics:write',
] as const

/** Scopes of a user's own token. */
export const userScopes = ['backfill:read', 'feedback:read', 'feedback:write', 'metrics:read'] as const
