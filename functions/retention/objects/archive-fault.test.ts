import { logger } from '@penstock/shared/base/logger.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import type { Call } from '@penstock/shared/http/service.ts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ArchivedMonths, openArchivedMonths } from '../../../test/support/months/archived-months.ts'
import { passTheGate } from '../../../test/support/points/compact-everything.ts'
import { handlersOf } from '../replies.ts'
import { archiveStored } from '../stored/stored-months.ts'

let months: ArchivedMonths
let zeta: number
let series: number
let month: string
let made = 0
const days = {
  hot: 90,
  cold: 365,
  feedback: 730,
  backfill: 180,
  audit: 400,
  rollups: 1826,
  aged: { DEAD_LETTER_DAYS: 90, JOB_RUN_DAYS: 400 },
}
beforeAll(async () => {
  months = await openArchivedMonths()
  zeta = await months.tenant('zeta')
  series = await months.series(zeta, {})
})
afterAll(async () => await months.close())
afterEach(() => void vi.restoreAllMocks())

const call = {
  cutoff: Date.UTC(2026, 0, 1) * 1000,
  dryRun: false,
  deadline: Number.POSITIVE_INFINITY,
  renew: async () => {},
}
beforeEach(async () => {
  month = `2024-${String(++made).padStart(2, '0')}-01`
  await months.fill(zeta, month, series, [['02T00:00:00Z', 3]])
})

/** The month's object, once it alone has the month's points. */
async function archived() {
  await months.archive('2026-01-01T00:00:00Z')
  expect(await months.db.query('select from stored_point')).toEqual([])
  const name = months.storage.names().find((one) => one.includes(month)) ?? ''
  const flip = (at: number) => {
    const bytes = months.storage.read(name)
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    months.storage.damage(name, bytes)
  }
  return { name, flip, size: months.storage.read(name).length }
}

async function refusalOfReopen(): Promise<Problem> {
  const limits = { ...months.deps.limits, runMs: 1_000, batchRows: 1, objectRows: 1, deleteRows: 1 }
  const deps = { ...months.deps, days, limits: { ...limits, leaseMs: 60_000, pollMs: 10 } }
  const handlers = handlersOf(deps as Parameters<typeof handlersOf>[0], 0)
  const error = await handlers
    .reopen({ body: { month } } as unknown as Call as never)
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Problem)
  return error as Problem
}

describe('reopening a month', () => {
  it.each([
    ['a byte of its rows', () => 30],
    ['a byte of its footer', (size: number) => size - 20],
    ['its last byte', (size: number) => size - 1],
  ])('whose object is damaged in %s is refused with its name', async (_, at) => {
    const { name, flip, size } = await archived()
    flip(at(size))
    const { kind, detail } = await refusalOfReopen()
    expect([kind.status, kind.slug]).toEqual([409, 'damaged-object'])
    expect(detail).toContain(`The object ${name} `)
    expect(detail).toMatch(/Restore the object/)
    flip(at(size))
  })

  it('whose object is gone is refused with its name', async () => {
    const { name } = await archived()
    const putBack = months.storage.remove(name)
    const { kind, detail } = await refusalOfReopen()
    expect([kind.status, detail]).toEqual([409, expect.stringContaining(`The object ${name} is missing from storage.`)])
    putBack()
  })

  it('while storage does not answer is 503, and says which object was asked for', async () => {
    const { name } = await archived()
    months.storage.fail('read', ...Array.from({ length: 6 }, () => 503))
    const { kind, detail } = await refusalOfReopen()
    expect([kind.status, detail]).toEqual([503, expect.stringContaining(name)])
    months.storage.clear()
  })
})

describe('a month that cannot be archived', () => {
  const failure = async () => {
    const error = vi.spyOn(logger, 'error')
    await passTheGate(months.database)
    const { error: said } = await archiveStored(months.deps, call)
    return { said, logged: error.mock.calls.find(([, event]) => event === 'retention.month_failed')?.[0] }
  }

  it('since late points meet a damaged object names the object and its tenant', async () => {
    const { name, flip } = await archived()
    flip(30)
    await months.fill(zeta, month, series, [['03T00:00:00Z', 4]])
    const { said, logged } = await failure()
    expect(said).toContain(`${month} of tenant zeta: The object ${name} `)
    expect(logged).toMatchObject({ month: `${month} of tenant zeta`, tenant: 'zeta', object: name })
    flip(30)
  })

  it('for a reason that nobody foresaw names the tenant, and nothing of what the database said', async () => {
    await months.db.query('revoke select on metric_series from penstock_retention')
    const { said, logged } = await failure()
    expect(said).toMatch(/^2024-\d\d-01 of tenant zeta: .*42501/)
    expect(said).not.toContain('permission')
    expect(logged).toMatchObject({ month: expect.stringMatching(/ of tenant zeta$/) })
    await months.db.query('grant select on metric_series to penstock_retention')
  })
})
