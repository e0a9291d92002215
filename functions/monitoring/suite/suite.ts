// The state of the whole suite: its functions, its jobs, and what is wrong.
import { HOUR, type Micros } from '@penstock/shared/base/time.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { SuiteAnswer } from '../contract.ts'
import { errorsOf, nothing, requestsOf } from '../counters/activity.ts'
import { selectSampled } from '../counters/activity-queries.ts'
import { percentile } from '../counters/buckets.ts'
import { lengths, readWindow, type WindowActivity } from '../counters/window.ts'
import { selectIndexes } from '../server/index-queries.ts'
import { longestTransaction, poolOf, readSessions } from '../server/sessions.ts'
import { selectDatabase, selectIsReplica, selectReplicas, selectTables } from '../server/table-queries.ts'
import { replicationOf, tablesOf } from '../server/tables.ts'
import { type Facts, findingsOf, stateOf } from './findings.ts'
import { selectJobs } from './job-queries.ts'
import { jobNames, jobsOf } from './jobs.ts'
import { selectFailedNotifications, selectUnsealed } from './tenant-queries.ts'

/** Reads everything that findings are made of. */
export async function readFacts(
  tx: Transaction<Database>,
  { tier, now }: { readonly tier: Tier; readonly now: Micros },
): Promise<Facts> {
  const server = await readSessions(tx, tier)
  const recent = await readWindow(tx, now, lengths['5m'])
  const isReplica = await selectIsReplica(tx)
  const sampled = await selectSampled(tx)
  return {
    functions: poolOf(server, recent.reports, { tier, now }).functions,
    indexes: await selectIndexes(tx),
    longestTransaction_s: longestTransaction([
      ...server.functions.flatMap(({ sessions }) => sessions),
      ...server.others,
    ]),
    tables: tablesOf(await selectTables(tx), await selectDatabase(tx)).tables,
    replicas: replicationOf(isReplica, isReplica ? [] : await selectReplicas(tx)).replicas,
    jobs: jobsOf(await selectJobs(tx, jobNames), sampled?.first, now),
    recent: recent.functions,
    failedNotifications: await selectFailedNotifications(tx),
    unsealed: await selectUnsealed(tx),
    now,
  }
}

/** Describes the suite by its facts and by the last hour of its functions. */
export function suiteOf(facts: Facts, hour: WindowActivity, tier: Tier): SuiteAnswer {
  const findings = findingsOf(facts)
  const deployments = Object.entries(budget.tiers[tier].deployments).filter(([, { pool }]) => pool > 0)
  return {
    state: stateOf(findings),
    functions: deployments.map(([name, { slices }]) => {
      const activity = hour.functions[name] ?? nothing
      return {
        function: name,
        slices,
        requests: requestsOf(activity),
        errors: errorsOf(activity),
        p50_ms: percentile(activity.requests, 0.5),
        p95_ms: percentile(activity.requests, 0.95),
        p99_ms: percentile(activity.requests, 0.99),
      }
    }),
    jobs: facts.jobs,
    findings,
  }
}

/** The window of the numbers about functions. */
export const SUITE_WINDOW: Micros = HOUR
