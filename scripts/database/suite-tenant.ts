// The tenant that the suite's own numbers belong to.
import type { Client } from 'pg'
import { asAdmin, ensureTenant } from './keys/key-store.ts'

export const SUITE_TENANT = 'penstock'

/** Makes the tenant of the suite's own numbers unless it exists. Safe to repeat. */
export async function ensureSuiteTenant(client: Client): Promise<void> {
  await asAdmin(client, async () => await ensureTenant(client, SUITE_TENANT))
}
