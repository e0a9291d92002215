// Decides which rules a caller sees: an owner those that it made, everybody else those of the tenant.
import { createHash } from 'node:crypto'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'

type Caller = Pick<TenantPrincipal, 'name' | 'role' | 'tenant' | 'user' | 'userId'>

/**
 * Returns the id of the caller for `created_by`. A registered user has one; any other caller gets one that is made from its name, the same one
 * each time, and another one in another tenant.
 */
export function creatorOf({ name, tenant, user, userId }: Caller): string {
  if (userId !== undefined) return userId
  // A user's own keys act as the user.
  const creator = user === undefined ? name : `user:${user}`
  const hash = createHash('sha256').update(`penstock alert owner\n${tenant.id}\n${creator}`).digest()
  // A UUID of version 8, whose bits are ours to choose (RFC 9562, 5.8).
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex', 0, 16)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Returns the id whose rules alone the caller sees and changes; undefined for a caller that sees all rules of its tenant. */
export const ownerOf = (caller: Caller): string | undefined =>
  caller.user !== undefined && caller.role === 'owner' ? creatorOf(caller) : undefined
