// Legal holds: what a hold covers must be in the bucket until the hold is released, and must not expire.
import { setTimeout as sleep } from 'node:timers/promises'
import { addMonths, monthStart } from '@penstock/shared/base/time.ts'
import type { RunDeps } from '@penstock/shared/lifecycle/run-deps.ts'
import { placeHold, releaseHold, syncHolds } from '../../../../functions/retention/objects/holds.ts'
import type { Random } from '../../random.ts'
import type { Stage, StandingHold } from '../stage.ts'
import { ARCHIVED_MONTHS, OLD_MONTHS } from '../world/instants.ts'
import type { CheckedTenant } from '../world/world.ts'
import { attempt } from './attempt.ts'
import { readMark } from './expired.ts'
import { asInstance } from './instance.ts'

/** Works beside the runs of retention, like the calls of an operator do. */
export async function runHolder(stage: Stage, random: Random): Promise<void> {
  while (stage.goesOn()) {
    await sleep(300 + random.below(1_000))
    const tenant = random.pick(stage.world.tenants)
    const call = { kind: 'hold', renew: async () => {} }
    await attempt(stage, async () => {
      await asInstance(stage, random, call, async (deps) => await holdSomething(stage, deps, tenant, random))
    })
  }
}

/** Places a hold on a month of the tenant, or releases one whose time has come; in each case looks at all that stand. */
async function holdSomething(stage: Stage, deps: RunDeps, tenant: CheckedTenant, random: Random): Promise<void> {
  await syncHolds(deps, deps.renew)
  for (const hold of stage.holds) await lookAtHold(stage, hold)
  const over = [...stage.holds].find(({ until }) => until < performance.now())
  if (over) {
    stage.holds.delete(over)
    await releaseHold(deps, over.id, 'checker')
    return
  }
  if (stage.holds.size > 0) return
  // Those that were placed by an instance that died are known to nobody.
  const unknown = await stage.world.ask<{ id: string }>(
    'select id::text as id from archive_hold where released_at is null',
    [],
  )
  for (const { id } of unknown) await releaseHold(deps, id, 'checker')
  const month = random.pick([...ARCHIVED_MONTHS, ...OLD_MONTHS.slice(-3)])
  const request = {
    tenant: tenant.name,
    start_time: monthStart(month),
    end_time: monthStart(addMonths(month, 1)),
    reason: `checker ${stage.nextValue()}`,
  }
  const { id } = await placeHold(deps, request, 'checker')
  const mark = await readMark(stage, tenant)
  if (mark !== undefined && mark > month) return
  const hold = { id, tenant, month, contents: new Set<string>(), until: performance.now() + 500 + random.below(1_500) }
  stage.holds.add(hold)
  stage.counts.holds++
  await sleep(random.below(20))
  await lookAtHold(stage, hold)
}

async function lookAtHold(stage: Stage, { tenant, month, contents }: StandingHold): Promise<void> {
  const mark = await readMark(stage, tenant)
  if (mark !== undefined && mark > month) stage.history.found('expired under a hold', `${month} of ${tenant.name}`)
  const recorded = await stage.world.ask<{ crc32c: string }>(
    `select crc32c from archive where dataset = 'metrics' and tenant_id = $1 and month = $2 and state = 'verified' and held`,
    [tenant.id, month],
  )
  for (const { crc32c } of recorded) contents.add(crc32c)
  const there = stage.world.bucket.contents()
  for (const content of contents)
    if (!there.has(content)) stage.history.found('lost under a hold', `a content of ${month} of ${tenant.name}`)
}
