// The plan of a suite for a load: its tier, machine and disk, its cost, the headroom of each limit, and which limit is hit first. A pure function.
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import {
  ARCHIVE_BYTES,
  BUSY,
  bytesPerPoint,
  DATABASE_SHARE,
  EMPTY_GIB,
  HEADROOM,
  POINT_CPU_S,
  QUERY_DATABASE_S,
  QUERY_FUNCTION_S,
  REQUEST_CPU_S,
  SHARED_CPUS,
  SLOWER,
  WAL_DAYS,
} from './constants.ts'
import { costsOf, type Line, totalOf, type Work } from './costs.ts'
import { type Limit, limitsOf } from './limits.ts'
import { MONTH_S } from './prices.ts'
import { customMachine, type Machine, type Resources, resourcesOf } from './resources.ts'

/** The load that a suite is planned for. */
export interface Load {
  readonly pointsPerSecond: number
  readonly series: number
  readonly tenants: number
  /** Points of one request. */
  readonly batch: number
  readonly hotDays: number
  readonly coldDays: number
  readonly queriesPerSecond: number
  readonly hasStandby: boolean
}

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

/** In GiB, and CPUs that are busy on average. */
export interface Sizes {
  readonly hotGib: number
  /** The points of one day: a machine has memory for two of them. */
  readonly dayGib: number
  readonly archiveGib: number
  /** The log of the days of point-in-time recovery. */
  readonly walGib: number
  readonly walMibPerSecond: number
  readonly databaseCpus: number
  readonly functionCpus: number
  readonly requestsPerSecond: number
}

const GIB = 1024 ** 3
const DAY_S = 86_400
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

/** The sizes that follow from a load, whatever it runs on. */
export function sizesOf(load: Load): Sizes {
  const { pointsPerSecond: rate, series, batch, hotDays, coldDays, queriesPerSecond } = load
  const requestsPerSecond = rate === 0 ? 0 : rate / batch
  const { bytes, walBytes } = bytesPerPoint(rate === 0 ? DAY_S : series / rate)
  const writeCpus = SLOWER * (requestsPerSecond * REQUEST_CPU_S + rate * POINT_CPU_S)
  return {
    hotGib: (rate * hotDays * DAY_S * bytes) / GIB,
    dayGib: (rate * DAY_S * bytes) / GIB,
    archiveGib: (rate * coldDays * DAY_S * ARCHIVE_BYTES) / GIB,
    walGib: (rate * WAL_DAYS * DAY_S * walBytes) / GIB,
    walMibPerSecond: (rate * walBytes) / 1024 ** 2,
    databaseCpus: writeCpus * DATABASE_SHARE + SLOWER * queriesPerSecond * QUERY_DATABASE_S,
    functionCpus: writeCpus * (1 - DATABASE_SHARE) + SLOWER * queriesPerSecond * QUERY_FUNCTION_S,
    requestsPerSecond: requestsPerSecond + queriesPerSecond,
  }
}

/** The smallest tier whose functions are enough, and whose machine is. */
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
