// Legal holds: what a hold covers must be in the bucket until the hold is released, and must not expire.
import { setTimeout as sleep } from 'node:timers/promises'
import { syncHolds } from '@penstock/shared/lifecycle/holds.ts'
import type { RunDeps } from '@penstock/shared/lifecycle/run-deps.ts'
import { sql } from 'kysely'
import type { Random } from '../../random.ts'
import type { Stage, StandingHold } from '../stage.ts'
import { ARCHIVED_MONTHS, OLD_MONTHS } from '../world/instants.ts'
import type { CheckedTenant } from '../world/world.ts'
import { attempt } from './attempt.ts'
import { readMark } from './expired.ts'
import { asInstance } from './instance.ts'

/** Works while retention runs, like the calls of an operator. */
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

/** Places a hold on a month of the tenant, or releases one that is due. In each case it then checks all active holds. */
async function holdSomething(stage: Stage, deps: RunDeps, tenant: CheckedTenant, random: Random): Promise<void> {
  for (const hold of stage.holds) await lookAtHold(stage, hold)
  const over = [...stage.holds].find(({ until }) => until < performance.now())
  if (over) stage.holds.delete(over)
  if (stage.holds.size > 0) return
  // Holds that were placed by an instance that died are in no list.
  await stage.world.ask('update archive_hold set released_at = now(), released_by = $1 where released_at is null', [
    'checker',
  ])
  await syncHolds(deps, deps.renew)
  if (over) return
  const month = random.pick([...ARCHIVED_MONTHS, ...OLD_MONTHS.slice(-3)])
  await deps.db.writeAll(
    async (tx) =>
      await sql`
        insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by)
        values (${tenant.id}::int, 'metrics', ${month}::date::timestamp at time zone 'UTC',
          (${month}::date + interval '1 month') at time zone 'UTC', 'checker', 'checker')`.execute(tx),
  )
  const mark = await readMark(stage, tenant)
  if (mark !== undefined && mark > month) return
  const hold = { tenant, month, contents: new Set<string>(), until: performance.now() + 500 + random.below(1_500) }
  stage.holds.add(hold)
  stage.counts.holds++
  await syncHolds(deps, deps.renew)
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
