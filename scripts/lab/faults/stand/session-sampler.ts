// Samples the server's sessions continuously, to check that the budget is never exceeded.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { Client } from 'pg'
import { roleOf } from '../../../database/roles.ts'
import { allDeployments } from '../../../deploy/deployments.ts'

export interface Samples {
  readonly count: number
  /** Maximum concurrent sessions of functions. */
  readonly most: number
  /** The same by function. */
  readonly mostOf: Readonly<Record<string, number>>
}

export interface Sampler {
  stop(): Promise<Samples>
}

const EVERY_MS = 50

/** Samples `pg_stat_activity` every 50 ms as the superuser, for whom connections are reserved. */
export async function startSampler(url: string): Promise<Sampler> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  await client.connect()
  const mostOf: Record<string, number> = {}
  let most = 0
  let count = 0
  let stopped = false
  const sampling = (async () => {
    while (!stopped) {
      const { rows } = await client.query<{ role: string; sessions: number }>(
        `select usename as role, count(*)::int as sessions from pg_stat_activity
         where backend_type = 'client backend' and usename <> current_user group by 1`,
      )
      count++
      most = Math.max(
        most,
        rows.reduce((sum, row) => sum + row.sessions, 0),
      )
      for (const { role, sessions } of rows) mostOf[role] = Math.max(mostOf[role] ?? 0, sessions)
      await sleep(EVERY_MS)
    }
  })()
  return {
    async stop() {
      stopped = true
      try {
        await sampling
      } finally {
        await client.end()
      }
      const byFunction = allDeployments().flatMap(({ name }) => {
        const sessions = mostOf[roleOf(name)]
        return sessions === undefined ? [] : [[name, sessions] as const]
      })
      return { count, most, mostOf: Object.fromEntries(byFunction) }
    },
  }
}

/** Returns the samples above the budget, as sentences. */
export function overBudget(tier: Tier, { most, mostOf }: Samples): string[] {
  const { max_connections, reserved } = budget.tiers[tier]
  const available = max_connections - reserved
  const whole = most > available ? [`${most} sessions of functions where the budget has ${available}`] : []
  const roles = Object.entries(mostOf).flatMap(([name, sessions]) => {
    const limit = limitOf(tier, name)
    return sessions > limit ? [`${sessions} sessions of ${name} where its limit is ${limit}`] : []
  })
  return [...whole, ...roles]
}

/** Returns the connections of a function's role in a tier. */
export function limitOf(tier: Tier, functionName: string): number {
  const found = budget.tiers[tier].deployments[functionName]
  return found ? found.instances * found.pool : 0
}

/** Returns `metrics-ingest 16/16, partitions 1/2`: the maximum of sessions, and the limit. */
export const describeSamples = (tier: Tier, { mostOf }: Samples): string =>
  Object.entries(mostOf)
    .map(([name, sessions]) => `${name} ${sessions}/${limitOf(tier, name)}`)
    .join(', ')
