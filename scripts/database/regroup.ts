// Changes the grouping of slices on a live database: the roles of deployments that leave share the budget with the new ones.
import { type Tier, tierNames } from '@penstock/shared/config/tier.ts'
import type { Client } from 'pg'
import { quoteName, type RolePlan, roleOf } from './roles.ts'

/** The connections that a deployment needs, and whether it leaves with the new grouping. */
export interface Share {
  readonly name: string
  readonly wanted: number
  readonly isLeaving: boolean
  /** It leaves and runs jobs, which its successor runs as well: with too few connections it gets none. */
  readonly mayPause?: boolean
}

/**
 * Returns the connection limits while both groupings run, by deployment. Each deployment has one connection; the rest goes first to the new
 * ones, up to their need, and then to those that leave. Where there are fewer connections than deployments, the last of those that may pause have
 * none. Together they never exceed `available`.
 * @throws {Error} when there are too few connections for those that may not pause.
 */
export function sharedLimits(shares: readonly Share[], available: number): ReadonlyMap<string, number> {
  const needed = shares.filter(({ mayPause }) => !mayPause)
  if (needed.length > available)
    throw new Error(
      `regrouping needs a connection for each of ${needed.length} deployments, and ${available} are available: take a larger tier first`,
    )
  const running = [...needed, ...shares.filter(({ mayPause }) => mayPause).slice(0, available - needed.length)]
  const limits = new Map(shares.map((share) => [share.name, running.includes(share) ? 1 : 0]))
  let left = available - running.length
  for (const { name, wanted } of running.toSorted((a, b) => Number(a.isLeaving) - Number(b.isLeaving))) {
    const more = Math.min(left, Math.max(0, wanted - 1))
    limits.set(name, 1 + more)
    left -= more
  }
  return limits
}

interface Leaving {
  readonly name: string
  readonly limit: number
  /** The IAM user of its role; null when the role has a password. */
  readonly user: string | null
}

/** Returns the deployments of other groupings whose roles may still connect. */
export async function findLeaving(client: Client, { budget, tier }: RolePlan): Promise<readonly Leaving[]> {
  const current = budget.tiers[tier].deployments
  const names = tierNames.flatMap((other) => Object.keys(budget.tiers[other].deployments))
  const others = [...new Set(names)].filter((name) => !Object.hasOwn(current, name))
  const { rows } = await client.query<{ role: string; limit: number; user: string | null }>(
    `select r.rolname::text as role, r.rolconnlimit as limit,
       (select u.rolname::text from pg_auth_members m join pg_roles u on u.oid = m.member
        where m.roleid = r.oid and not u.rolcreaterole and not u.rolsuper limit 1) as user
     from pg_roles r where r.rolname = any ($1::text[]) and r.rolconnlimit <> 0`,
    [others.map(roleOf)],
  )
  return others.flatMap((name) => {
    const found = rows.find(({ role }) => role === roleOf(name))
    return found ? [{ name, limit: found.limit, user: found.user }] : []
  })
}

/** Returns the plan for the time in which deployments that leave still run. It is the given plan when there are none. */
export async function whileRegrouping(client: Client, plan: RolePlan): Promise<RolePlan> {
  const leaving = await findLeaving(client, plan)
  if (leaving.length === 0) return plan
  const { max_connections, reserved, readers, deployments } = plan.budget.tiers[plan.tier]
  const staying = Object.entries(deployments).filter(([, { pool }]) => pool > 0)
  const shares = [
    ...staying.map(([name, { instances, pool }]) => ({ name, wanted: instances * pool, isLeaving: false })),
    ...leaving.map(({ name, limit }) => ({
      name,
      wanted: limit < 0 ? 1 : limit,
      isLeaving: true,
      mayPause: rowOf(plan, name).maintenance,
    })),
  ]
  const users = leaving.flatMap(({ name, user }) => (user === null ? [] : [[name, user] as const]))
  return {
    ...plan,
    leaving: Object.fromEntries(leaving.map(({ name }) => [name, rowOf(plan, name)])),
    limits: sharedLimits(shares, max_connections - reserved - readers),
    users: plan.users && { ...plan.users, ...Object.fromEntries(users) },
  }
}

function rowOf({ budget }: RolePlan, name: string) {
  const tier = tierNames.find((candidate: Tier) => Object.hasOwn(budget.tiers[candidate].deployments, name))
  const row = tier && budget.tiers[tier].deployments[name]
  if (!row) throw new Error(`no tier has the deployment ${name}`)
  return row
}

/** Takes their connections from the deployments that leave, once the functions of the new grouping run. Safe to repeat. */
export async function retireLeaving(client: Client, plan: RolePlan): Promise<readonly string[]> {
  const leaving = await findLeaving(client, plan)
  for (const { name, user } of leaving)
    for (const role of [roleOf(name), ...(user === null ? [] : [user])])
      await client.query(`alter role ${quoteName(role)} connection limit 0`)
  return leaving.map(({ name }) => name)
}
