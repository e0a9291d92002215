// Activity next to the load: workers with backfill jobs, and calls of compaction.

import { seededRandom } from '../random.ts'
import { startCompacting } from './load/compacting.ts'
import type { Tenant } from './load/producer.ts'
import { compareRanges } from './load/ranges.ts'
import { readJobs } from './load/stored.ts'
import { startWorkers } from './load/workers.ts'
import type { Fleet } from './stand/fleet.ts'
import type { World } from './stand/world.ts'

export interface Beside {
  /**
   * Ends the activity and compares the stored rows with the answers.
   * @throws {Error} when the log is not compacted within a minute.
   */
  finish(): Promise<{ readonly broken: readonly string[]; readonly note: string }>
}

export interface BesideDeps {
  readonly world: World
  readonly fleet: Fleet
  readonly seed: number
  /** The tenant that owns the jobs. */
  readonly tenant: Tenant
}

/** Starts workers and scheduled calls. */
export function startBeside({ world, fleet, seed, tenant }: BesideDeps): Beside {
  const { server, operatorKey } = world
  const workers = startWorkers({ fleet, random: seededRandom(`${seed} workers`), tenant })
  const compacting = startCompacting({ fleet, server, operatorKey })
  return {
    async finish() {
      await workers.finish()
      const differences = await compacting.finish()
      const ranges = workers.books.reduce((sum, { done }) => sum + done.length, 0)
      return {
        broken: [
          ...workers.complaints,
          ...compareRanges(workers.books, await readJobs(server, [tenant.name])),
          ...(ranges === 0 ? ['no range of a backfill job was completed'] : []),
          ...compacting.complaints,
          ...differences,
        ],
        note: `${workers.books.length} backfill jobs in ${ranges} ranges; ${compacting.done()} runs of compaction`,
      }
    },
  }
}
