// The stand of a run of faults, with an operator's key and tenants.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LabStand, type LabStandOptions, openLabStand } from '../../stand/lab-stand.ts'
import type { Tenant } from '../load/producer.ts'

export interface World extends LabStand {
  /** A platform key with `operate`. */
  readonly operatorKey: string
  /** Makes tenants, each with a key for all operations of the load's clients and workers. */
  makeTenants(names: readonly string[]): Promise<readonly Tenant[]>
  close(): Promise<void>
}

const TENANT_SCOPES = ['metrics:write', 'metrics:read', 'feedback:write', 'backfill:write', 'backfill:read']

/** Opens the stand. @throws {Error} after everything that was started is stopped again. */
export async function openWorld(options: LabStandOptions): Promise<World> {
  const parts = new AsyncDisposableStack()
  try {
    const stand = await openLabStand(options, parts)
    return {
      ...stand,
      operatorKey: await stand.makeKey(null, ['operate']),
      async makeTenants(names) {
        const tenants: Tenant[] = []
        for (const name of names) tenants.push({ name, apiKey: await stand.makeKey(name, TENANT_SCOPES) })
        return tenants
      },
      close: async () => await parts.disposeAsync(),
    }
  } catch (error) {
    await parts.disposeAsync()
    throw error
  }
}

/** Makes a folder that the server's user may enter. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-lab-'))
  chmodSync(folder, 0o755)
  return folder
}

/** Deletes the folder. Safe to repeat. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
