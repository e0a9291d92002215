// The resources of a deployment that cost money while nothing happens. They follow from the tier and from Terraform's settings; a test compares them
// with what Terraform plans.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { rootFolder } from '../../cli/state.ts'
import { schedules } from '../schedules.ts'

export interface Machine {
  /** Its name in Cloud SQL. */
  readonly type: string
  /** Undefined for a shared core. */
  readonly cpus: number | undefined
  readonly memoryGib: number
}

export interface Resources {
  readonly machine: Machine
  readonly diskGib: number
  readonly hasStandby: boolean
  readonly hasReplica: boolean
  readonly functions: number
  /** Functions with warm instances, and the GiB of each. */
  readonly warm: readonly { readonly name: string; readonly instances: number; readonly memoryGib: number }[]
  readonly hasBalancer: boolean
  readonly redisGib: number
  readonly conditions: number
  readonly secretVersions: number
  readonly jobs: number
}

/** Terraform's settings that change what is made. */
export interface Options {
  readonly machine?: Machine | undefined
  readonly diskGib?: number | undefined
  readonly hasStandby?: boolean | undefined
  readonly hasReplica?: boolean | undefined
  readonly hasBalancer?: boolean | undefined
  readonly hasRedis?: boolean | undefined
  readonly minInstances?: Readonly<Record<string, number>> | undefined
}

/** A machine of dedicated cores. */
export const customMachine = (cpus: number, memoryGib: number): Machine => ({
  type: `db-custom-${cpus}-${memoryGib * 1_024}`,
  cpus,
  memoryGib,
})

/** The defaults of terraform/database.tf and the settings of terraform/env/<tier>.tfvars. */
const tiers: Readonly<Record<Tier, Required<Omit<Options, 'hasBalancer'>>>> = {
  small: {
    machine: { type: 'db-f1-micro', cpus: undefined, memoryGib: 0.6 },
    diskGib: 10,
    hasStandby: false,
    hasReplica: false,
    hasRedis: false,
    minInstances: {},
  },
  standard: {
    machine: customMachine(1, 3.75),
    diskGib: 20,
    hasStandby: false,
    hasReplica: false,
    hasRedis: false,
    minInstances: { 'metrics-ingest': 1 },
  },
  large: {
    machine: customMachine(4, 16),
    diskGib: 100,
    hasStandby: true,
    hasReplica: true,
    hasRedis: true,
    minInstances: { 'metrics-ingest': 2, 'metrics-query': 1 },
  },
}

/** Conditions of alerts that each tier has: terraform/alerts.tf, and the files of single slices. */
const OWN_CONDITIONS = 16
/** A job that is late has two: its runs fail, or there are none. terraform/slices.tf says which jobs have this alert. */
const LATE_CONDITIONS = 2

function conditions(): number {
  const slices = readFileSync(join(rootFolder, 'terraform/slices.tf'), 'utf8')
  return OWN_CONDITIONS + LATE_CONDITIONS * [...slices.matchAll(/^ +late += \{/gm)].length
}

/** The current versions of the secrets that Terraform makes: terraform/secrets.tf. */
const SECRET_VERSIONS = 4

/** Returns the resources of a tier with these settings. */
export function resourcesOf(tier: Tier, options: Options = {}): Resources {
  const defaults = tiers[tier]
  const { deployments } = budget.tiers[tier]
  const minInstances = options.minInstances ?? defaults.minInstances
  return {
    machine: options.machine ?? defaults.machine ?? customMachine(1, 3.75),
    diskGib: Math.max(options.diskGib ?? 0, defaults.diskGib ?? 10),
    hasStandby: options.hasStandby ?? defaults.hasStandby ?? false,
    hasReplica: options.hasReplica ?? defaults.hasReplica ?? false,
    functions: Object.keys(deployments).length,
    warm: Object.entries(minInstances ?? {}).map(([name, instances]) => ({
      name,
      instances,
      memoryGib: (deployments[name]?.memory_mib ?? 512) / 1_024,
    })),
    hasBalancer: options.hasBalancer ?? false,
    redisGib: (options.hasRedis ?? defaults.hasRedis) ? 1 : 0,
    conditions: conditions(),
    secretVersions: SECRET_VERSIONS,
    jobs: Object.keys(schedules).length,
  }
}
