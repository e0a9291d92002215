import { type Environment, parseEnvironment } from '@penstock/shared/config/config.ts'
import type { Call } from '@penstock/shared/http/service.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { openRollups, type RollupDatabase } from '../../test/support/months/rollup-database.ts'
import { settings } from './config.ts'
import { handlersOf } from './replies.ts'

let lab: RollupDatabase
beforeAll(async () => {
  lab = await openRollups(['2026-11-01'])
})
afterAll(async () => await lab.close())

const call = (headers: Record<string, string> = {}) => ({ headers }) as unknown as Call
const run = async (headers?: Record<string, string>) =>
  await handlersOf(lab.deps('2026-11-20T12:00:00Z'), 5_000).run(call(headers) as never)

it('a run that did everything is 200, one that did not is 500, and a schedule time is used up by success alone', async () => {
  const scheduled = {
    'x-cloudscheduler-jobname': 'rollups',
    'x-cloudscheduler-scheduletime': '2026-11-20T12:00:00Z',
  }
  await lab.db.query('drop table metric_rollup_2026_11')
  await lab.write(await lab.series(), [['2026-11-20 11:00:00Z', 1]])
  expect(await run(scheduled)).toMatchObject({ status: 500, json: { status: 'partial', buckets: 0, more: true } })

  await lab.db.query(`update metric_month set state = 'dropped'`)
  const done = await run(scheduled)
  expect(done).toMatchObject({ status: 200, json: { status: 'success', errors: [], more: false } })
  await lab.db.query(`update rollup_mark set watermark = '-infinity'`)
  expect(await run(scheduled)).toEqual(done)
  expect(await lab.marks()).toMatchObject({ watermark: '-infinity' })
})

it('settings that are out of bounds are refused by name, those at a bound are taken', () => {
  const load = (environment: Environment) => parseEnvironment(z.object(settings), environment)
  const bounds = {
    ROLLUPS_RUN_SECONDS: ['1', '1200'],
    ROLLUPS_WAIT_SECONDS: ['0', '1200'],
    ROLLUPS_BATCH_HOURS: ['100', '100000'],
  }
  for (const [name, [least = '', most = '']] of Object.entries(bounds)) {
    for (const taken of [least, most]) expect(() => load({ [name]: taken })).not.toThrow()
    for (const refused of [Number(least) - 1, Number(most) + 1]) {
      expect(() => load({ [name]: String(refused) })).toThrow(name)
    }
  }
})
