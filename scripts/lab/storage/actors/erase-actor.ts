// The actor that erases a series of a tenant, with everything of it, while the same name is sent again afterwards.
import { setTimeout as sleep } from 'node:timers/promises'
import type { EraseDeps } from '../../../data/erase/place.ts'
import { eraseSeries } from '../../../data/erase/series.ts'
import { OWNER } from '../../../database/roles.ts'
import type { Random } from '../../random.ts'
import type { Stage } from '../stage.ts'
import { attempt } from './attempt.ts'
import { asInstance } from './instance.ts'
import { beginErasing, VICTIM } from './victims.ts'

export async function runEraser(stage: Stage, random: Random): Promise<void> {
  const url = new URL(stage.world.superuser)
  url.searchParams.set('options', `-c role=${OWNER}`)
  while (stage.goesOn()) {
    await sleep(700 + random.below(1_300))
    const tenant = random.pick(stage.world.tenants)
    await attempt(stage, async () => {
      await stage.lease.hold(random, async (renew) => {
        const end = beginErasing(stage, tenant)
        let hasEnded = false
        try {
          await asInstance(stage, random, { kind: 'erase', renew, url: url.href }, async ({ db, store }) => {
            const deps = { db, store, tenant, renew } as unknown as EraseDeps
            const places = await eraseSeries(deps, { service: VICTIM, type: undefined, labels: undefined })
            hasEnded = places.every(({ remains }) => remains === 0)
            if (hasEnded) stage.counts.erased++
            else stage.history.found('not erased', JSON.stringify(places.filter(({ remains }) => remains > 0)))
          })
        } finally {
          end(hasEnded)
        }
      })
    })
  }
}
