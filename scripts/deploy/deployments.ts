// The deployments of a tier: which slices each serves, its module, and where its routes are declared.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Routes } from '@penstock/shared/base/wire.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget, type ConnectionBudget } from '@penstock/shared/database/connection-budget.ts'

/** A slice, or one of its entries, as a deployment serves it. */
export interface ServedSlice {
  /** The folder below functions/. */
  readonly slice: string
  /** `http` unless it is another entry of the slice. */
  readonly entry: string
}

export interface ServedDeployment {
  /** The deployment's name: of its budget, its URL, its role and its FUNCTION_TARGET. */
  readonly name: string
  readonly serves: readonly ServedSlice[]
}

/** Every deployment of a tier. */
export const deploymentsOf = (tier: Tier, plan: ConnectionBudget = budget): readonly ServedDeployment[] =>
  Object.entries(plan.tiers[tier].deployments).map(([name, { slices }]) => ({ name, serves: slices.map(readSlice) }))

/** Returns every deployment of any tier, each name once. */
export function allDeployments(plan: ConnectionBudget = budget): readonly ServedDeployment[] {
  const tiers = Object.keys(plan.tiers) as Tier[]
  return [...new Map(tiers.flatMap((tier) => deploymentsOf(tier, plan)).map((it) => [it.name, it])).values()]
}

/**
 * Returns the name of the tier's deployment with this name, otherwise of the one that serves the slice of this name.
 * @throws {Error} when there is none.
 */
export function servedIn(tier: Tier, name: string): string {
  const deployments = deploymentsOf(tier)
  const found =
    deployments.find((it) => it.name === name) ??
    deployments.find(({ serves }) => serves.some(({ slice, entry }) => slice === name && entry === 'http'))
  if (!found) throw new Error(`nothing serves ${name} in the tier ${tier}`)
  return found.name
}

/** Reads `slice` or `slice#entry`. */
export function readSlice(text: string): ServedSlice {
  const [slice = '', entry = 'http'] = text.split('#')
  return { slice, entry }
}

/** The folders of the slices, sorted. A folder without an `index.ts` is not a slice yet. */
export const sliceFolders = (root: string): readonly string[] =>
  readdirSync(join(root, 'functions'))
    .filter((name) => existsSync(join(root, 'functions', name, 'index.ts')))
    .toSorted()

/** The folder of the modules that deployments start with. */
export const MODULES = 'deployments'

/** The module of a deployment. */
export const moduleOf = (root: string, name: string): string => join(root, MODULES, `${name}.ts`)

/** Returns true when only Google's own services call the deployment, at its own URL. */
export const isPush = ({ serves }: Pick<ServedDeployment, 'serves'>): boolean =>
  serves.some(({ entry }) => entry === 'push')

/** The routes that a contract lists for an entry of its slice. @throws {Error} when it lists none. */
export async function routesOf({ slice, entry }: ServedSlice): Promise<Routes> {
  const contract = (await import(`../../functions/${slice}/contract.ts`)) as Readonly<Record<string, Routes>>
  const name = entry === 'http' ? 'routes' : `${entry}Routes`
  const routes = contract[name]
  if (!routes) throw new Error(`functions/${slice}/contract.ts exports no ${name}`)
  return routes
}
