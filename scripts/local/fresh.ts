// Implements npm start -- --fresh, which deletes the data and keys of this checkout.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { CHANNEL_KEYS } from '../cli/state.ts'
import { removePostgres } from '../database/postgres.ts'
import { endLeftovers } from './functions.ts'
import { removeInstances } from './sqladmin/instances.ts'

/**
 * Deletes all data and keys of this checkout, after ending the processes that a killed suite left behind. Safe to repeat. The caller must hold
 * the lock.
 */
export async function removeData(stateFolder: string): Promise<void> {
  await endLeftovers(join(stateFolder, 'run'))
  await removePostgres(join(stateFolder, 'postgres'))
  await removeInstances(join(stateFolder, 'instances'))
  for (const name of ['storage', 'backups']) rmSync(join(stateFolder, name), { recursive: true, force: true })
  for (const name of ['secrets.json', CHANNEL_KEYS, 'dead-letters.jsonl'])
    rmSync(join(stateFolder, name), { force: true })
}
