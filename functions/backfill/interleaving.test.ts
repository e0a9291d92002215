// Clients and workers act at once, legally and not, over several instances, and the promises of a job hold.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Backfill, openBackfill } from '../../test/support/http/backfill.ts'
import type { Job, Lease } from './contract.ts'
import { type BackfillDeps, job, progress, start } from './handler.ts'
import { claim, complete, fail, heartbeat } from './leases.ts'
import { moves } from './progress.ts'

let backfill: Backfill
let instances: readonly BackfillDeps[]
beforeAll(async () => {
  backfill = await openBackfill()
  instances = [1, 2, 3].map(() => ({ ...backfill.deps, db: backfill.instance() }))
})
afterAll(async () => await backfill.close())

const LAST = 29n

/** One step of one client; those of one client follow each other, those of several meet. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('claim' as const), size: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('complete' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('fail' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('heartbeat' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('expire' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('report' as const),
      block: fc.bigInt({ min: 0n, max: LAST + 1n }),
      status: fc.constantFrom(undefined, 'running' as const, 'paused' as const, 'running' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('report' as const),
      block: fc.bigInt({ min: 0n, max: LAST }),
      status: fc.constantFrom('completed' as const, 'failed' as const, undefined, undefined, undefined),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
const clients = fc.array(fc.array(step, { maxLength: 12 }), { minLength: 2, maxLength: 5 })

/** The observations of a client: each answer is the job at some time, and each of its own leases. */
interface Seen {
  readonly jobs: Job[]
  readonly completed: Lease[]
  readonly tokens: number[]
}

async function actAs(deps: BackfillDeps, id: string, steps: readonly Step[]): Promise<Seen> {
  const seen: Seen = { jobs: [], completed: [], tokens: [] }
  const leases: Lease[] = []
  for (const one of steps) {
    try {
      await act(deps, id, one, { seen, leases })
    } catch (error) {
      // Every refusal comes from a rule.
      expect([400, 409]).toContain((error as { kind?: { status: number } }).kind?.status)
    }
    seen.jobs.push(await job(deps, backfill.caller, id))
  }
  return seen
}

async function act(
  deps: BackfillDeps,
  id: string,
  one: Step,
  { seen, leases }: { readonly seen: Seen; readonly leases: Lease[] },
): Promise<void> {
  const writer = { caller: backfill.caller, idempotency: null }
  if (one.act === 'claim') {
    const lease = await claim(deps, writer, id, { worker: 'w', size: one.size, lease_seconds: 60 })
    if (lease) seen.tokens.push(lease.fencing_token)
    if (lease) leases.push(lease)
  } else if (one.act === 'report') {
    const report = { current_block: one.block, progress_percentage: 50, status: one.status }
    seen.jobs.push(await progress(deps, writer, { jobId: id, report, isExpected: () => true }))
  } else if (one.act === 'expire') {
    await backfill.letLeasesEnd(id)
  } else {
    const lease = leases[one.which % Math.max(1, leases.length)]
    if (!lease) return
    if (one.act === 'heartbeat') await heartbeat(deps, writer, id, lease)
    else if (one.act === 'fail') seen.jobs.push(await fail(deps, writer, id, { ...lease, error_message: 'no' }))
    else {
      seen.jobs.push(await complete(deps, writer, id, lease))
      seen.completed.push(lease)
    }
  }
}

it('holds: forwards only, legal moves only, no block completed twice, completed when and only when all are', async () => {
  await fc.assert(
    fc.asyncProperty(clients, async (scripts) => {
      const request = { job_type: 'any', start_block: 0n, end_block: LAST }
      const { id } = await start(backfill.deps, { caller: backfill.caller, idempotency: null }, request)
      const seen = await Promise.all(
        scripts.map(async (steps, i) => await actAs(instances[i % 3] ?? backfill.deps, id, steps)),
      )
      for (const { jobs } of seen) checkOrder(jobs)
      const tokens = seen.flatMap((one) => one.tokens)
      expect(new Set(tokens).size).toBe(tokens.length)
      checkCompleted(seen)
      await checkRanges(id)
    }),
    { numRuns: Number(process.env['BACKFILL_RUNS'] ?? 25) },
  )
})

/** In the order in which one client saw them. */
function checkOrder(jobs: readonly Job[]): void {
  for (const [i, after] of jobs.entries()) {
    const before = jobs[i - 1]
    if (!before) continue
    expect(after.version).toBeGreaterThanOrEqual(before.version)
    expect(after.current_block).toBeGreaterThanOrEqual(before.current_block)
    if (after.version === before.version) expect(after).toEqual(before)
    if (moves[before.status].length === 0) expect(after).toEqual(before)
  }
}

/** A lease may be reported on again by its own holder; no block is completed under two leases. */
function checkCompleted(seen: readonly Seen[]): void {
  const leases = new Map(seen.flatMap((one) => one.completed.map((lease) => [lease.lease_id, lease])))
  const blocks = [...leases.values()].flatMap((lease) =>
    Array.from({ length: Number(lease.end_block - lease.start_block) + 1 }, (_, i) => lease.start_block + BigInt(i)),
  )
  expect(new Set(blocks).size).toBe(blocks.length)
}

async function checkRanges(id: string): Promise<void> {
  const found = await job(backfill.deps, backfill.caller, id)
  const ranges = await backfill.admin.query<{ start_block: string; end_block: string; state: string }>(
    'select start_block, end_block, state from backfill_lease where job_id = $1 order by start_block',
    [id],
  )
  if (ranges.length === 0) return
  for (const [i, { start_block }] of ranges.entries()) {
    if (i > 0) expect(BigInt(start_block)).toBe(BigInt(ranges[i - 1]?.end_block ?? '') + 1n)
  }
  const [first, last] = [BigInt(ranges[0]?.start_block ?? ''), BigInt(ranges.at(-1)?.end_block ?? '')]
  const open = ranges.filter(({ state }) => state !== 'done')
  expect(first <= found.current_block).toBe(true)
  expect(found.status === 'completed').toBe(open.length === 0 && last === LAST)
  if (found.status !== 'completed')
    expect(found.current_block).toBe(min(BigInt(open[0]?.start_block ?? last + 1n), LAST))
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
