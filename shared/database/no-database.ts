// The database of a deployment that has none.
import type { PenstockDatabase } from './database.ts'
import { unitsOf } from './units.ts'

const refuse = async (): Promise<never> => {
  throw new Error('this deployment has no database: its slices declare no connections')
}

/** A database that always reports itself as healthy and refuses every unit of work. */
export const noDatabase: PenstockDatabase = {
  ...unitsOf(refuse),
  pipelineInTenant: refuse,
  readInOneTrip: refuse,
  isHealthy: async () => true,
  close: async () => {},
}
