// A month whose chunks go back into the log, as bringing a month back and archiving do it, and whose partition is then dropped and made again while
// compactions are about to fill it.

import { setTimeout as sleep } from 'node:timers/promises'
import { dropEmptyMonths } from '@penstock/shared/compaction/leaving.ts'
import { ownerConnection } from '@penstock/shared/database/owner-connection.ts'
import { makeChunkMonth } from '@penstock/shared/points/chunk-months.ts'
import type { Random } from '../../random.ts'
import { lasting } from '../../stand/clients.ts'
import type { Stage } from '../stage.ts'
import { openDoor } from '../world/door.ts'
import { ARCHIVED_MONTHS, HOT_MONTHS } from '../world/instants.ts'
import { attempt } from './attempt.ts'

/** Months that come and go. The second one is archived at times. */
const MONTHS = [HOT_MONTHS[0], ARCHIVED_MONTHS[1]] as const

/** Empties the month, drops its partition as the product does, and makes it again. */
export async function runMonths(stage: Stage, random: Random): Promise<void> {
  const url = stage.world.urlOf('partitions')
  const door = openDoor(url, async (statement) => {
    if (random.chance(0.5)) await sleep(random.below(10))
    return statement
  })
  const asOwner = ownerConnection('partitions', { url, ca: undefined, inCloud: false })
  while (stage.goesOn()) {
    await sleep(100 + random.below(300))
    await attempt(stage, async () => {
      await emptyMonth(stage, random.chance(0.85) ? MONTHS[0] : MONTHS[1])
      const db = door.db as Parameters<typeof dropEmptyMonths>[0]['db']
      stage.counts.months += (await dropEmptyMonths({ db }, asOwner, [HOT_MONTHS[1]])).length
    })
    await sleep(random.below(100))
    for (const month of MONTHS)
      await attempt(stage, async () => void (await door.db.writeAll((tx) => makeChunkMonth(tx, month))))
  }
  await door.close()
}

/** Moves the month's chunks into the log, below every row that is there. Holds the locks that every change of chunks requires. */
export async function emptyMonth({ world, variant }: Stage, month: string): Promise<void> {
  const client = lasting({ connectionString: world.superuser })
  await client.connect()
  try {
    await client.query(`
      begin;
      insert into compaction_lock select id from tenant on conflict do nothing;
      select from compaction_lock order by tenant_id for update`)
    // A transaction that changes a month forgets the run that is recorded for it.
    if (!variant.keepsRuns) await client.query('delete from archiving where month = $1', [month])
    await client.query(`
      with gone as (
        delete from metric_chunk
        where last_ts >= '${month} 00:00:00+00' and last_ts < timestamptz '${month} 00:00:00+00' + interval '1 month'
        returning tenant_id, series_id, first_ts, unit, gap, gap8, value
      )
      insert into metric_log (tenant_id, block, era, xid, first_ts, last_ts, n, series, ts, value)
      select g.tenant_id, s.block, 0, '1', min(p.ts), max(p.ts), count(*), array_agg(g.series_id), array_agg(p.ts order by p.ts),
        array_agg(p.value order by p.ts)
      from gone g join metric_series s on s.id = g.series_id cross join lateral (
        select g.first_ts + sum(gap) over (order by i) * g.unit * interval '1 microsecond' as ts, value
        from rows from (unnest(coalesce(g.gap::bigint[], g.gap8)), unnest(g.value)) with ordinality as u (gap, value, i)
      ) p
      group by g.tenant_id, s.block, g.series_id, date_trunc('day', p.ts, 'UTC')`)
    await client.query('commit')
  } finally {
    await client.end()
  }
}
