// npm start -- --fresh: the data and keys of this checkout are deleted.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { removePostgres } from '../database/postgres.ts'
import { endLeftovers } from './functions.ts'

/** Deletes what starts keep; processes that a killed suite left are ended first. Safe to repeat. The caller holds the lock. */
export async function removeData(stateFolder: string): Promise<void> {
  await endLeftovers(join(stateFolder, 'run'))
  await removePostgres(join(stateFolder, 'postgres'))
  rmSync(join(stateFolder, 'storage'), { recursive: true, force: true })
  for (const name of ['secrets.json', 'dead-letters.jsonl']) rmSync(join(stateFolder, name), { force: true })
}
