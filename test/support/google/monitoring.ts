// Cloud Monitoring on loopback, with a clock that the test moves.
import { type LocalMonitoring, startMonitoring } from '../../../scripts/local/monitoring/server.ts'

export type TestMonitoring = LocalMonitoring

/** Starts a service of the project `local`. */
export const createTestMonitoring = async (clock: () => number): Promise<TestMonitoring> =>
  await startMonitoring({ clock, project: 'local' })
