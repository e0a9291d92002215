// The actor that archives months, brings them back, lets them expire, and places legal holds, as instances of retention that die at any step.
import { setTimeout as sleep } from 'node:timers/promises'
import { archiveMonth } from '@penstock/shared/lifecycle/archive-month.ts'
import { bringBack } from '@penstock/shared/lifecycle/bring-back.ts'
import { expireMonths } from '@penstock/shared/lifecycle/expiry.ts'
import { syncHolds } from '@penstock/shared/lifecycle/holds.ts'
import { forgetBrokenRuns } from '@penstock/shared/lifecycle/record-run.ts'
import type { RunDeps } from '@penstock/shared/lifecycle/run-deps.ts'
import { selectMonthsOnTheirWay } from '@penstock/shared/lifecycle/run-queries.ts'
import { settleMonth } from '@penstock/shared/lifecycle/settle-month.ts'
import type { Random } from '../../random.ts'
import type { Stage } from '../stage.ts'
import { ARCHIVED_MONTHS, LAST_OLD_MONTH, OLD_MONTHS } from '../world/instants.ts'
import type { CheckedTenant } from '../world/world.ts'
import { attempt } from './attempt.ts'
import { noteExpired } from './expired.ts'
import { asInstance } from './instance.ts'

type Work = (stage: Stage, deps: RunDeps, tenant: CheckedTenant, random: Random) => Promise<void>

const WORKS: Readonly<Record<string, Work>> = { archive, 'bring back': bringSomeBack, expire }
const KINDS = ['archive', 'archive', 'archive', 'bring back', 'bring back', 'expire']

export async function runRetention(stage: Stage, random: Random): Promise<void> {
  while (stage.goesOn()) {
    await sleep(random.below(40))
    const [tenant, kind] = [random.pick(stage.world.tenants), random.pick(KINDS)]
    const work = WORKS[kind] ?? archive
    await attempt(stage, async () => {
      await stage.lease.hold(random, async (renew) => {
        await asInstance(stage, random, { kind, renew }, async (deps) => await work(stage, deps, tenant, random))
      })
    })
  }
}

/** Settles what failed runs left behind, as each run of retention does first. */
export async function settleAll(deps: RunDeps): Promise<void> {
  await syncHolds(deps, deps.renew)
  await forgetBrokenRuns(deps)
  for (const month of await deps.db.readAll(selectMonthsOnTheirWay)) await settleMonth(deps, month)
}

async function archive(stage: Stage, deps: RunDeps, tenant: CheckedTenant, random: Random): Promise<void> {
  await settleAll(deps)
  // The month is brought back, and compacted again in part.
  if (random.chance(0.3)) {
    await bringBack(deps, { tenantId: tenant.id, month: ARCHIVED_MONTHS[1] })
    await sleep(random.below(300))
  }
  const months = [ARCHIVED_MONTHS[1], random.pick(OLD_MONTHS), random.pick(ARCHIVED_MONTHS)]
  for (const month of months) {
    await deps.renew()
    const { outcome, isNew } = await archiveMonth(deps, { tenantId: tenant.id, month })
    if (isNew) stage.counts.archived++
    if (outcome === 'forgotten') stage.counts.forgotten++
  }
}

async function bringSomeBack(stage: Stage, deps: RunDeps, tenant: CheckedTenant, random: Random): Promise<void> {
  const { outcome } = await bringBack(deps, { tenantId: tenant.id, month: random.pick(ARCHIVED_MONTHS) })
  if (outcome === 'back') stage.counts.broughtBack++
  if (outcome === 'forgotten') stage.counts.forgotten++
}

/** Lets the oldest month that an object holds expire. It does so seldom, so that some months last to the end. */
async function expire(stage: Stage, deps: RunDeps, tenant: CheckedTenant, random: Random): Promise<void> {
  if (random.chance(0.3)) return
  const [oldest] = await stage.world.ask<{ since: string }>(
    `select (extract(epoch from cold_since) * 1000000)::float8 as since from archive
     where dataset = 'metrics' and tenant_id = $1 and state = 'verified' and month < $2 order by month limit 1`,
    [tenant.id, LAST_OLD_MONTH],
  )
  if (!oldest) return
  await noteExpired(stage, tenant, async () => {
    stage.counts.expired += await expireMonths(deps, tenant.id, Number(oldest.since))
  })
}

/** Archives every month that can be, without any fault, so that the end is compared from objects too. */
export async function archiveEverything(stage: Stage, random: Random): Promise<void> {
  const lives = { kind: 'last', renew: async () => {} }
  await asInstance({ ...stage, nextDeath: () => Number.POSITIVE_INFINITY }, random, lives, async (deps) => {
    await settleAll(deps)
    for (const { id: tenantId } of stage.world.tenants)
      for (const month of ARCHIVED_MONTHS) {
        await archiveMonth(deps, { tenantId, month })
      }
  })
}
