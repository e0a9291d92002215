// The request and the result of one run.
import type { Routes, Unaudited } from '@penstock/shared/base/wire.ts'
import { count, listOf, monthDay, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

/** A run can be asked to compact everything, due or not. Without a body it compacts what is due. */
export const RunRequest = z.object({ all: z.boolean().nullish() })

const PointCounts = z.object({
  taken: count.describe('Points that left the log: the sum of the other three.'),
  written: count.describe('Points that the chunks did not have.'),
  replaced: count.describe('Points that replaced one in the chunks, or were replaced by a newer one in the log.'),
  dropped: count.describe('Points of erased series, and points that have expired.'),
})
export type PointCounts = z.output<typeof PointCounts>

const RunError = z.object({ tenant: z.string().describe('The name of the tenant.'), detail: z.string() })
export type RunError = z.output<typeof RunError>

/** The result of one run. `partial`: a part of the work failed, the rest is done, and all query answers stay correct. */
const RunAnswer = z
  .object({
    status: z.enum(['success', 'partial']),
    points: PointCounts,
    days: count.describe('Number of days of tenants that were compacted.'),
    errors: listOf(RunError),
    more: z.boolean().describe('True when work is left, which the next run does.'),
  })
  .meta({ title: 'CompactionRun' })
export type RunAnswer = z.output<typeof RunAnswer>

/** The same under the name that the job had while it only computed roll-ups. */
const RollupsAnswer = RunAnswer.extend({
  errors: listOf(
    RunError.extend({ month: monthDay.optional().describe('Never given: a day fails, and not a month.') }),
  ),
  buckets: count.describe('Always 0: roll-ups are computed with the chunks, and are not counted.'),
  watermark: wireInstant.nullable().describe('Always null: an hour has its roll-up when no point of it is in the log.'),
}).meta({ title: 'RollupsRun' })

const unaudited: Unaudited = { unaudited: 'The log of job runs records each run.' }

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  run: {
    method: 'POST',
    path: '/api/v1/monitoring/compaction/run',
    scope: 'operate',
    service: true,
    summary: 'Move points from the log into chunks',
    documentedBody: { schema: RunRequest, optional: true },
    answer: [{ schema: RunAnswer }, { status: 500, schema: RunAnswer, when: 'Some of it failed, the rest is done.' }],
    problems: [],
    audit: unaudited,
  },
  rollups: {
    method: 'POST',
    path: '/api/v1/monitoring/rollups/run',
    scope: 'operate',
    service: true,
    summary: 'Move points from the log into chunks, by the former name of the job',
    answer: [
      { schema: RollupsAnswer },
      { status: 500, schema: RollupsAnswer, when: 'Some of it failed, the rest is done.' },
    ],
    problems: [],
    audit: unaudited,
  },
} as const satisfies Routes
