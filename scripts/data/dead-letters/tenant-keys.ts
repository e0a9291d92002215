// Temporary API keys for one command: the tenant of a push is known by its key.
import type { Client } from 'pg'
import { asAdmin, createKey, type KeyDeps, revokeKey } from '../../database/keys/key-store.ts'

export interface TenantKeys {
  /** Returns a key of a tenant. @throws {Error} when there is no such tenant; a misspelt name does not create one. */
  readonly keyOf: (tenant: string) => Promise<string>
  /** Revokes every key that was made. Those of a killed command expire after a day. */
  readonly revokeAll: () => Promise<void>
}

export function openTenantKeys(deps: KeyDeps): TenantKeys {
  const keys = new Map<string, { readonly id: string; readonly key: string }>()
  return {
    async keyOf(tenant) {
      const known = keys.get(tenant)
      if (known) return known.key
      if (!(await exists(deps.client, tenant))) throw new Error(`there is no tenant ${tenant}`)
      const made = await createKey(deps, { tenant, scopes: ['metrics:write'], expiresInDays: 1 })
      keys.set(tenant, made)
      return made.key
    },
    async revokeAll() {
      for (const { id } of keys.values()) await revokeKey(deps.client, id)
      keys.clear()
    },
  }
}

async function exists(client: Client, tenant: string): Promise<boolean> {
  return await asAdmin(client, async () => {
    const { rowCount } = await client.query('select from tenant where name = $1::text', [tenant])
    return rowCount === 1
  })
}
