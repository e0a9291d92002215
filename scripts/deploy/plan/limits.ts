// The limits of a plan: how much more load fits below each, and what to do when it is reached.
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget, spent } from '@penstock/shared/database/connection-budget.ts'
import { BUSY, HEADROOM, SHARED_CPUS } from './constants.ts'
import type { Load, Sizes } from './load.ts'
import type { Resources } from './resources.ts'

export interface Limit {
  readonly name: string
  readonly used: string
  readonly most: string
  /** The factor by which the load may grow until it is hit; below 1 the load does not fit. */
  readonly headroom: number
  /** Points a second at which it is hit, when everything grows alike. */
  readonly pointsPerSecond: number
  readonly remedy: string
  /** True for a setting that can be raised at once; such a limit does not mean that the load does not fit. */
  readonly isSetting: boolean
}

interface Planned {
  readonly load: Load
  readonly sizes: Sizes
  readonly tier: Tier
  readonly resources: Resources
}

/** The largest disk of Cloud SQL, the largest machine, and the default of `database_max_disk_gib`. */
const MOST_DISK_GIB = 65_536
const TERRAFORM_DISK_GIB = 500
const MOST_CPUS = 96
const MOST_WAL_MIB_S = 20
/** Active series of one tenant, by default. */
const MOST_SERIES = 100_000
const AT_MOST = 1e6

interface Measured {
  readonly name: string
  readonly used: number
  readonly most: number
  readonly unit: string
  readonly remedy: string
  readonly isSetting?: boolean
}

/** Returns the limits, the nearest one first. A load of nothing is far from all of them. */
export function limitsOf(planned: Planned): readonly Limit[] {
  const { connections, available } = spent(budget, planned.tier)
  const fixed: Limit = {
    name: 'connections of the database',
    used: `${connections}`,
    most: `${available}`,
    headroom: AT_MOST,
    pointsPerSecond: AT_MOST,
    remedy: 'They are a budget and do not grow with the load.',
    isSetting: false,
  }
  const limits = measure(planned).map((it) => toLimit(it, planned.load.pointsPerSecond))
  return [...limits.toSorted((a, b) => a.headroom - b.headroom), fixed]
}

function toLimit({ used, most, unit, isSetting = false, ...it }: Measured, pointsPerSecond: number): Limit {
  const headroom = Math.min(AT_MOST, used <= 0 ? AT_MOST : most / used)
  return {
    ...it,
    used: `${short(used)} ${unit}`,
    most: `${short(most)} ${unit}`,
    headroom,
    pointsPerSecond: Math.round(headroom * pointsPerSecond),
    isSetting,
  }
}

const measure = (planned: Planned): readonly Measured[] => [...busy(planned), ...stored(planned)]

function busy({ sizes, tier, resources }: Planned): readonly Measured[] {
  const writers = (budget.tiers[tier].deployments['metrics-ingest']?.instances ?? 1) / HEADROOM
  const cpus = resources.machine.cpus ?? SHARED_CPUS / BUSY
  return [
    {
      name: 'CPU of the database',
      used: sizes.databaseCpus,
      most: cpus * BUSY,
      unit: 'CPUs busy',
      remedy: nextMachine(resources),
    },
    {
      name: 'CPU of the functions',
      used: sizes.functionCpus,
      most: writers,
      unit: 'CPUs busy',
      remedy: nextTier(tier),
    },
    {
      name: 'memory of the database',
      used: 2 * sizes.dayGib,
      most: resources.machine.memoryGib,
      unit: 'GiB for two days',
      remedy: nextMachine(resources),
    },
    {
      name: 'log of the database',
      used: sizes.walMibPerSecond,
      most: MOST_WAL_MIB_S,
      unit: 'MiB/s',
      remedy: 'Send larger batches, or split the tenants into cells.',
    },
  ]
}

function stored({ load, resources }: Planned): readonly Measured[] {
  // An empty database grows into its disk first.
  const diskGib = load.pointsPerSecond === 0 ? 0 : resources.diskGib
  return [
    {
      name: 'disk that Terraform allows',
      used: diskGib,
      most: TERRAFORM_DISK_GIB,
      unit: 'GiB',
      remedy: 'Raise database_max_disk_gib, or keep fewer hot days (HOT_DAYS): the archive answers the rest.',
      isSetting: true,
    },
    {
      name: 'disk of Cloud SQL',
      used: diskGib,
      most: MOST_DISK_GIB,
      unit: 'GiB',
      remedy: 'Keep fewer hot days, or split the tenants into cells: one suite for each part of them.',
    },
    {
      name: 'active series of a tenant',
      used: load.pointsPerSecond === 0 ? 0 : load.series / load.tenants,
      most: MOST_SERIES,
      unit: 'series',
      remedy: 'Raise the limit of the tenant, and look at the cardinality of its labels.',
      isSetting: true,
    },
  ]
}

function nextMachine({ machine }: Resources): string {
  if (machine.cpus === undefined) return 'Take the tier standard: apply with env/standard.tfvars.'
  if (machine.cpus >= MOST_CPUS) return 'Split the tenants into cells, or take one of the engines of docs/deploy.md.'
  const next = Math.max(2, 2 * machine.cpus)
  return `Take a larger machine: database_machine = "db-custom-${next}-${next * 4 * 1_024}". About a minute of 503.`
}

const nextTier = (tier: Tier): string =>
  tier === 'large'
    ? 'Raise instances in shared/connection-budget.json with the connections that a larger machine allows, or split the tenants into cells.'
    : `Take the tier ${tier === 'small' ? 'standard' : 'large'}: apply with its file in terraform/env.`

const short = (value: number): string => {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value >= 1 ? value.toFixed(1) : Number(value.toPrecision(2)).toString()
}
