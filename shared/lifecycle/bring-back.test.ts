import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type LogArchive, openLogArchive } from '../../test/support/months/log-archive.ts'
import { compactEverything, passTheGate } from '../../test/support/points/compact-everything.ts'
import type { LogPoint, LogSeries } from '../../test/support/postgres/log-database.ts'
import { MINUTE, monthStart, SECOND } from '../base/time.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { archiveMonth } from './archive-month.ts'
import { bringBack } from './bring-back.ts'

const MONTH = '2026-05-01'

let log: LogArchive
let compaction: PenstockDatabase
let series: readonly LogSeries[]
beforeAll(async () => {
  log = await openLogArchive(['2026-06-01'])
  compaction = log.open('compaction')
})
afterAll(async () => await log.close())
beforeEach(async () => {
  series = await Promise.all([0, 1].map(async (block) => await log.series(block)))
  await log.write(points(1_500, 1, 5 * MINUTE + SECOND))
  await passTheGate(log.deps.db)
  await archiveMonth(log.deps, month())
})

const month = () => ({ tenantId: log.tenant, month: MONTH })
const points = (count: number, first: number, step: number): LogPoint[] =>
  series.flatMap((one) =>
    Array.from({ length: count }, (_, i): LogPoint => [one, monthStart(MONTH) + i * step, first + i / 10]),
  )

describe('bringBack', () => {
  it('puts the object’s points into chunks with their roll-ups; the log stays over them', async () => {
    const hours = await log.hours()
    const late = points(3, 700, 5 * MINUTE + SECOND)
    await log.write(late)
    expect(await bringBack(log.deps, month())).toEqual({ outcome: 'back', points: 3_000 })
    expect(await log.objectOf(MONTH)).toBeUndefined()
    expect(await log.stored()).toHaveLength(3_000)
    expect(await log.hours()).toEqual(hours)
    await compactEverything(compaction)
    const stored = await log.stored()
    expect(stored.filter((line) => / 700(\.\d)?$/.test(line))).toHaveLength(6)
    await passTheGate(log.deps.db)
    expect(await archiveMonth(log.deps, month())).toMatchObject({ outcome: 'archived', rows: 3_000, isNew: true })
    expect(await bringBack(log.deps, month())).toMatchObject({ outcome: 'back' })
    expect(await log.stored()).toEqual(stored)
    expect(await bringBack(log.deps, month())).toEqual({ outcome: 'absent', points: 0 })
  })

  it('leaves the object in charge when it is interrupted between two pieces', async () => {
    let pieces = 0
    const failing = {
      ...log.deps,
      renew: async () => {
        if (++pieces === 3) throw new Error('the run was lost')
      },
    }
    await expect(bringBack(failing, month())).rejects.toThrow('the run was lost')
    expect(await log.objectOf(MONTH)).toBeDefined()
    expect(await log.hours()).toHaveLength(
      (await log.db.query('select distinct series_id, bucket from metric_hour')).length,
    )
    expect(await bringBack(log.deps, month())).toMatchObject({ outcome: 'back' })
    expect(new Set(await log.stored()).size).toBe((await log.stored()).length)
  })
})
