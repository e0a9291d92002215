// Makes deployments.json from connection-budget.json and the declarations of the slices. Refuses a budget that cannot be deployed.
import { type Tier, tierNames } from '@penstock/shared/config/tier.ts'
import { type ConnectionBudget, type Deployment, spent } from '@penstock/shared/database/connection-budget.ts'
import { anyParameters } from '@penstock/shared/http/routing.ts'
import type { Entry, Runtime, Slice } from '@penstock/shared/slice/define-slice.ts'
import { entryOf } from '@penstock/shared/slice/define-slice.ts'
import { settingsOf } from '@penstock/shared/slice/deployment.ts'
import { Cron } from 'croner'
import { readSlice } from './deployments.ts'
import { schedules } from './schedules.ts'

/** A row of connection-budget.json. */
export type BudgetRow = Pick<Deployment, 'slices' | 'instances' | 'pool'>

/** connection-budget.json. */
export interface WrittenBudget extends Omit<ConnectionBudget, 'tiers' | 'paths' | 'jobs'> {
  readonly tiers: Readonly<Record<Tier, WrittenTier>>
}

interface WrittenTier {
  readonly max_connections: number
  readonly reserved: number
  readonly readers: number
  readonly deployments: Readonly<Record<string, BudgetRow>>
}

const CPU = 1

/** Joins the budget with its slices. @throws {Error} naming every rule that the budget breaks. */
export function resolveBudget(written: WrittenBudget, slices: Readonly<Record<string, Slice>>): ConnectionBudget {
  const refusals = [...refusedRows(written, slices), ...refusedSettings(Object.values(slices))]
  if (refusals.length > 0) throw new Error(`connection-budget.json:\n${refusals.map((it) => `  ${it}`).join('\n')}`)
  const tierOf = (tier: Tier) => {
    const { deployments, ...limits } = written.tiers[tier]
    const rows = Object.entries(deployments).map(([name, row]) => [name, deployment(row, slices)] as const)
    return [tier, { ...limits, deployments: Object.fromEntries(rows) }] as const
  }
  const tiers = Object.fromEntries(tierNames.map(tierOf)) as ConnectionBudget['tiers']
  const resolved = { ...written, tiers, paths: pathsOf(Object.values(slices)), jobs: jobPeriods() }
  for (const tier of tierNames) {
    const { connections, available } = spent(resolved, tier)
    if (connections > available)
      throw new Error(`connection-budget.json: ${tier} spends ${connections} connections of ${available}`)
  }
  return resolved
}

/** Combines the needs of the slices that a deployment serves. */
function deployment(
  { slices: names, instances, pool }: BudgetRow,
  slices: Readonly<Record<string, Slice>>,
): Deployment {
  const served = names.map((name) => servedBy(name, slices))
  const needs = served.map(({ runtime }) => runtime)
  const most = (pick: (runtime: Runtime) => number): number => Math.max(...needs.map(pick))
  return {
    slices: names,
    instances,
    pool,
    own_connection: most(({ connections }) => connections) > 1,
    concurrency: Math.min(...needs.map(({ concurrency }) => concurrency)),
    cpu: CPU,
    memory_mib: most(({ memory_mib }) => memory_mib),
    timeout_s: most(({ timeout_s }) => timeout_s),
    maintenance: needs.some(({ maintenance }) => maintenance),
    months: needs.some(({ months }) => months),
    monitor: needs.some(({ monitor }) => monitor),
    auditor: needs.some(({ auditor }) => auditor),
    session: longestOf(needs.map(({ session }) => session ?? {})),
    settings: Object.keys(settingsOf(served)).toSorted(),
  }
}

/** Returns the longest of each time-out. A time-out of 0 means no limit, so it is the longest. */
function longestOf(sessions: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const longest: Record<string, string> = {}
  for (const [name, value] of sessions.flatMap((session) => Object.entries(session)))
    if (secondsOf(value) > secondsOf(longest[name] ?? '-1s')) longest[name] = value
  return longest
}

function secondsOf(text: string): number {
  const [, amount = '', unit = ''] = /^(-?\d+)(s|min|)$/.exec(text) ?? []
  if (amount === '') throw new Error(`a time-out is written as 0, 5s or 5min, not ${text}`)
  return text === '0' ? Number.POSITIVE_INFINITY : Number(amount) * (unit === 'min' ? 60 : 1)
}

function servedBy(text: string, slices: Readonly<Record<string, Slice>>): Entry {
  const { slice: name, entry } = readSlice(text)
  const slice = slices[name]
  if (!slice) throw new Error(`connection-budget.json names the slice ${name}; there is no functions/${name}/index.ts`)
  return entry === 'http' ? slice : entryOf(slice, entry)
}

/** Returns a sentence for each row that cannot be deployed. */
function refusedRows(written: WrittenBudget, slices: Readonly<Record<string, Slice>>): readonly string[] {
  const served = new Map<string, string>()
  return tierNames.flatMap((tier) => {
    const rows = Object.entries(written.tiers[tier].deployments)
    const broken = rows.flatMap(([name, row]) => {
      const same = served.get(name) ?? row.slices.join()
      served.set(name, same)
      const differs = same === row.slices.join() ? [] : [`serves other slices than in another tier`]
      return [...differs, ...refusedRow(row, slices)].map((why) => `${tier}: ${name} ${why}`)
    })
    return [...broken, ...refusedTier(tier, rows, slices)]
  })
}

function refusedRow({ slices: names, pool }: BudgetRow, slices: Readonly<Record<string, Slice>>): readonly string[] {
  const needs = names.map((name) => servedBy(name, slices))
  const connections = Math.max(...needs.map(({ runtime }) => runtime.connections))
  const seeing = needs.filter(({ runtime }) => runtime.maintenance)
  const blind = needs.filter(({ runtime }) => !runtime.maintenance)
  const takesRoot = needs.some(({ routes }) => Object.values(routes).some(({ path }) => path === '/'))
  return [
    ...(seeing.length > 0 && blind.length > 0
      ? [`serves ${seeing[0]?.name}, which sees every tenant, together with ${blind[0]?.name}, which does not`]
      : []),
    ...(pool < connections ? [`has a pool of ${pool}, and one of its slices needs ${connections}`] : []),
    ...(pool > 0 && connections === 0 ? [`has a pool of ${pool}, and none of its slices has a database`] : []),
    ...needs.flatMap((slice) => lockedRoutes(slice).map((path) => `serves ${path}, whose callers it cannot identify`)),
    ...(takesRoot && names.length > 1 ? ['serves pushes, which need a deployment of their own'] : []),
  ]
}

/** Returns the paths of a slice without a database that need a credential. */
const lockedRoutes = ({ runtime, routes }: Entry): readonly string[] =>
  Object.values(routes).flatMap(({ scope, path }) => (runtime.connections === 0 && scope !== 'none' ? [path] : []))

/** Returns a sentence for each entry of a slice that is not served exactly once. */
function refusedTier(
  tier: Tier,
  rows: readonly (readonly [string, BudgetRow])[],
  slices: Readonly<Record<string, Slice>>,
): readonly string[] {
  const served = rows.flatMap(([, row]) => row.slices)
  const wanted = Object.values(slices).flatMap(({ name, entries }) => [
    name,
    ...Object.values(entries).map((entry) => entry.name),
  ])
  const missing = wanted.filter((name) => !served.includes(name)).map((name) => `${tier}: no deployment serves ${name}`)
  const twice = served.filter((name, i) => served.indexOf(name) !== i).map((name) => `${tier}: ${name} is served twice`)
  return [...missing, ...twice]
}

/** Returns a sentence for each setting that two slices declare with different schemas, because a name has one meaning in all slices. */
function refusedSettings(slices: readonly Slice[]): readonly string[] {
  const owners = new Map<string, { readonly slice: string; readonly schema: unknown }>()
  return slices.flatMap(({ name, settings }) =>
    Object.entries(settings).flatMap(([setting, schema]) => {
      const owner = owners.get(setting)
      owners.set(setting, owner ?? { slice: name, schema })
      return owner && owner.schema !== schema ? [`${owner.slice} and ${name} both have a setting ${setting}`] : []
    }),
  )
}

/** Returns the longest time between two runs of each job in seconds, computed by following its schedule. */
function jobPeriods(): Readonly<Record<string, number>> {
  const begin = new Date('2026-01-05T00:00:00Z')
  const periods = Object.entries(schedules).map(([name, { cron, time_zone: timezone }]) => {
    const times = new Cron(cron, { timezone }).nextRuns(FOLLOWED_RUNS, begin).map((time) => time.getTime() / 1_000)
    return [name, Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? 0)))] as const
  })
  return Object.fromEntries(periods)
}

/** Number of runs that are followed: enough for schedules that differ between the days of a week. */
const FOLLOWED_RUNS = 8

/** Returns the methods that the suite has on each path, over all slices. */
function pathsOf(slices: readonly Slice[]): Readonly<Record<string, readonly string[]>> {
  const methods = new Map<string, Set<string>>()
  const entries = slices.flatMap((slice) => [slice, ...Object.values(slice.entries)])
  for (const { method, path } of entries.flatMap(({ routes }) => Object.values(routes)))
    methods.set(anyParameters(path), (methods.get(anyParameters(path)) ?? new Set()).add(method))
  const paths = [...methods.keys()].toSorted()
  return Object.fromEntries(paths.map((path) => [path, [...(methods.get(path) ?? [])].toSorted()]))
}
