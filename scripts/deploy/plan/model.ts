// The plan of a suite for a load: its tier, machine and disk, its cost, the headroom of each limit, and which limit is hit first. A pure function.
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { BUSY, EMPTY_GIB, HEADROOM, SHARED_CPUS } from './constants.ts'
import { costsOf, type Line, totalOf, type Work } from './costs.ts'
import { type Limit, limitsOf } from './limits.ts'
import { type Load, type Sizes, sizesOf } from './load.ts'
import { MONTH_S } from './prices.ts'
import { customMachine, type Machine, type Resources, resourcesOf } from './resources.ts'

export interface Plan {
  readonly load: Load
  readonly tier: Tier
  readonly resources: Resources
  readonly sizes: Sizes
  readonly deployments: readonly { readonly name: string; readonly instances: number; readonly connections: number }[]
  readonly lines: readonly Line[]
  readonly usd: number
  /** The nearest one first. */
  readonly limits: readonly Limit[]
  /** False when no single instance of Cloud SQL takes the load. */
  readonly fits: boolean
}

/** Machines of one instance, the smallest first; the large ones have 4 GiB for each CPU. */
const MACHINES: readonly Machine[] = [1, 2, 4, 8, 16, 32, 64, 96].map((cpus) =>
  customMachine(cpus, cpus === 1 ? 3.75 : 4 * cpus),
)
const FREE_DISK = 1.25
/** The memory of db-f1-micro. */
const SHARED_GIB = 0.6

/** Plans a suite. */
export function planFor(load: Load): Plan {
  const sizes = sizesOf(load)
  const tier = tierFor(load, sizes)
  const machine = machineFor(tier, sizes)
  const resources = resourcesOf(tier, {
    machine,
    diskGib: Math.ceil((sizes.hotGib + EMPTY_GIB) * FREE_DISK),
    hasStandby: load.hasStandby,
    hasReplica: false,
    hasRedis: false,
  })
  const lines = costsOf(resources, workOf(sizes))
  const limits = limitsOf({ load, sizes, tier, resources })
  return {
    load,
    tier,
    resources,
    sizes,
    deployments: Object.entries(budget.tiers[tier].deployments).map(([name, { instances, pool }]) => ({
      name,
      instances,
      connections: instances * pool,
    })),
    lines,
    usd: totalOf(lines),
    limits,
    fits: limits.every(({ headroom, isSetting }) => isSetting || headroom >= 1),
  }
}

/** Returns the smallest tier whose functions and machine suffice for the load. */
function tierFor(load: Load, sizes: Sizes): Tier {
  const isLittle = sizes.databaseCpus <= SHARED_CPUS && 2 * sizes.dayGib <= SHARED_GIB
  if (isLittle && !load.hasStandby && sizes.functionCpus * HEADROOM <= 1) return 'small'
  const ingest = budget.tiers.standard.deployments['metrics-ingest']?.instances ?? 1
  const isMiddling = sizes.functionCpus * HEADROOM <= ingest && sizes.databaseCpus <= 2 * BUSY && 2 * sizes.dayGib <= 8
  return isMiddling ? 'standard' : 'large'
}

/** The smallest machine that is not busier than half of the time, and has memory for two days; the largest one where none has. */
function machineFor(tier: Tier, { databaseCpus, dayGib }: Sizes): Machine | undefined {
  if (tier === 'small') return undefined
  const enough = MACHINES.find(
    ({ cpus = 0, memoryGib }) =>
      databaseCpus <= cpus * BUSY && 2 * dayGib <= memoryGib && (tier === 'standard' || cpus >= 4),
  )
  return enough ?? MACHINES.at(-1)
}

function workOf(sizes: Sizes): Work {
  return {
    requests: sizes.requestsPerSecond * MONTH_S,
    cpuS: sizes.functionCpus * MONTH_S,
    databaseGib: sizes.hotGib + EMPTY_GIB,
    walGib: sizes.walGib,
    archiveGib: sizes.archiveGib,
  }
}
