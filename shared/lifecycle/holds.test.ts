import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type LogArchive, openLogArchive } from '../../test/support/months/log-archive.ts'
import { passTheGate } from '../../test/support/points/compact-everything.ts'
import type { LogPoint, LogSeries } from '../../test/support/postgres/log-database.ts'
import type { ArchiveStore } from '../archive/archive-store.ts'
import { MINUTE, monthStart } from '../base/time.ts'
import { archiveMonth } from './archive-month.ts'
import { bringBack } from './bring-back.ts'
import { syncHolds } from './holds.ts'
import { monthObjectName } from './object-names.ts'

const MONTH = '2026-05-01'
const BEGIN = monthStart(MONTH)

let log: LogArchive
let series: LogSeries
let name: string
beforeAll(async () => {
  log = await openLogArchive([MONTH])
  const [tenant] = await log.db.query<{ name: string }>('select name from tenant where id = $1', [log.tenant])
  name = monthObjectName(tenant?.name ?? '', MONTH)
})
afterAll(async () => await log.close())
beforeEach(async () => {
  series = await log.series(0)
  await write(1, 2)
  await archive()
})
afterEach(async () => {
  log.storage.clear()
  for (const table of [
    'metric_log',
    'metric_chunk',
    'metric_hour',
    'archive_next',
    'archiving',
    'archive',
    'archive_hold',
  ])
    await log.db.query(`delete from ${table}`)
  for (const name of log.storage.names()) log.storage.remove(name)
})

async function write(...values: readonly number[]): Promise<void> {
  await log.write(values.map((value): LogPoint => [series, BEGIN + value * MINUTE, value]))
}
async function archive(store: ArchiveStore = log.deps.store) {
  await passTheGate(log.deps.db)
  return await archiveMonth({ ...log.deps, store }, { tenantId: log.tenant, month: MONTH })
}
const place = async () =>
  await log.db.query(
    `insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by)
     values ($1, 'metrics', '2026-05-01Z', '2026-05-02Z', 'a lawsuit', 'somebody')`,
    [log.tenant],
  )
const release = async () => await log.db.query(`update archive_hold set released_at = now(), released_by = 'somebody'`)
const sync = async () => await syncHolds(log.deps)
const held = () =>
  log.storage.names().map((one) => `${one.startsWith('held/') ? 'held' : one}${log.storage.isHeld(one) ? '*' : ''}`)
const records = async () =>
  (
    await log.db.query<{ text: string }>(
      `select concat_ws(' ', case when name like 'held/%' then 'held' else 'month' end, state, rows, held, hold_pending) as text
       from archive where removed_at is null order by id`,
    )
  ).map(({ text }) => text)
const rows = async () => (await log.rowsOf((await log.objectOf(MONTH)) as never)).length

describe('an object under a legal hold', () => {
  it('is held, and released with the hold', async () => {
    expect(held()).toEqual([name])
    await place()
    await sync()
    expect([held(), await records()]).toEqual([[`${name}*`], ['month verified 2 t f']])
    await release()
    await sync()
    expect([held(), await records()]).toEqual([[name], ['month verified 2 f f']])
  })

  it('is brought up to date, and what it replaces is kept', async () => {
    await place()
    await sync()
    await write(3)
    expect(await archive()).toMatchObject({ outcome: 'archived', rows: 3, isNew: true })
    expect(held()).toEqual(['held*', `${name}*`])
    expect(await records()).toEqual(['held replaced 2 t f', 'month verified 3 t f'])
    expect(await rows()).toBe(3)
    await write(4)
    await archive()
    expect(held()).toEqual(['held*', 'held*', `${name}*`])
    // The replaced content is unchanged.
    const [kept] = await log.db.query<never>(
      `select name, generation::text as generation, size_bytes::float8 as size, crc32c, rows::float8 as rows, min_ts as "minTs", max_ts as "maxTs",
         encode(content_sha256, 'hex') as "contentHash" from archive where name like 'held/%' order by id limit 1`,
    )
    expect(await log.rowsOf(kept as never)).toHaveLength(2)
    await release()
    await sync()
    expect(held()).toEqual(['held', 'held', name])
  })

  it('is kept also when the hold was placed before storage knew of it', async () => {
    await place()
    await write(3)
    await archive()
    expect(held()).toEqual(['held*', `${name}*`])
  })

  it('is replaced without a copy when the hold has ended and storage does not know it', async () => {
    await place()
    await sync()
    await release()
    await write(3)
    await archive()
    expect([held(), await records()]).toEqual([[name], ['month verified 3 f f']])
  })

  it('stays when its month comes back, and is kept when the month is archived again', async () => {
    await place()
    await sync()
    expect(await bringBack(log.deps, { tenantId: log.tenant, month: MONTH })).toMatchObject({ outcome: 'back' })
    expect(held()).toEqual([`${name}*`])
    await write(3)
    expect(await archive()).toMatchObject({ rows: 3, isNew: true })
    expect(held()).toEqual(['held*', `${name}*`])
  })
})

describe('a crash', () => {
  /** A store whose n-th call dies: before it happens, or after. */
  const dying = (n: number, when: 'before' | 'after'): ArchiveStore => {
    let calls = 0
    const wrap = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        calls++
        if (calls > n) throw new Error('dead')
        if (calls === n && when === 'before') throw new Error('dead')
        const result = await call(...args)
        if (calls === n) throw new Error('dead')
        return result
      }
    }
    const { store } = log.deps
    return {
      ...store,
      put: wrap(store.put),
      copy: wrap(store.copy),
      hold: wrap(store.hold),
      remove: wrap(store.remove),
    }
  }

  it('at any step of setting and clearing holds is repaired by the next run', async () => {
    await place()
    for (const when of ['before', 'after'] as const) {
      await expect(syncHolds({ ...log.deps, store: dying(1, when) })).rejects.toThrow('dead')
      expect(await records()).toEqual(['month verified 2 t t'])
    }
    // The hold ends before anybody has confirmed that the object is held.
    await release()
    await sync()
    expect([held(), await records()]).toEqual([[name], ['month verified 2 f f']])
    await log.db.query('update archive_hold set released_at = null, released_by = null')
    await sync()
    await release()
    for (const when of ['before', 'after'] as const)
      await expect(syncHolds({ ...log.deps, store: dying(1, when) })).rejects.toThrow('dead')
    await sync()
    expect([held(), await records()]).toEqual([[name], ['month verified 2 f f']])
  })

  it.each(['before', 'after'] as const)('%s any call to storage leaves the content under the hold', async (when) => {
    await place()
    await sync()
    for (let value = 3; value < 12; value++) {
      await write(value)
      await archive(dying(value - 2, when)).catch(() => {})
      // In storage, what the hold covers is held, unless the object at the month's name is being replaced.
      const contents = held()
      expect(contents.filter((one) => one.startsWith(name))).toHaveLength(1)
      expect(
        contents.filter((one) => one === 'held*').length + (contents.includes(`${name}*`) ? 1 : 0),
      ).toBeGreaterThan(0)
      await archive()
      await sync()
      expect(held()).toContain(`${name}*`)
      expect(held().filter((one) => !one.endsWith('*') && !one.startsWith('staging/'))).toEqual([])
      expect(await rows()).toBe(value)
      expect((await records()).filter((one) => one.startsWith('held'))).toHaveLength(value - 2)
    }
  })

  it('of one object stops no other', async () => {
    await log.write([[series, BEGIN + 1, 1]], log.tenant)
    await place()
    await log.db.query(
      `insert into archive (dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256)
       select 'feedback', tenant_id, month, 'feedback/gone.parquet', 1, 1, min_ts, max_ts, 1, crc32c, content_sha256 from archive`,
    )
    await log.db.query(
      `insert into archive_hold (tenant_id, dataset, from_ts, to_ts, reason, placed_by) values ($1, 'feedback', '2026-05-01Z', '2026-05-02Z', 'a', 'b')`,
      [log.tenant],
    )
    await log.db.query(`update archive set id = default where dataset = 'metrics'`)
    await expect(sync()).rejects.toMatchObject({ reason: 'missing' })
    expect(held()).toEqual([`${name}*`])
  })
})
