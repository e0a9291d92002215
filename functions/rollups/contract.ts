// The result of one run of the roll-ups.
import type { Routes } from '@penstock/shared/base/wire.ts'
import { count, listOf, monthDay, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const RunError = z.object({
  tenant: z.string().optional().describe('The name of the tenant that it is about.'),
  month: monthDay.optional().describe('The first day of the month that it is about.'),
  detail: z.string(),
})
export type RunError = z.output<typeof RunError>

/** The result of one run. `partial`: some of it failed, the rest is done, and no answer to a query is wrong for it. */
const RunAnswer = z
  .object({
    status: z.enum(['success', 'partial']),
    buckets: count.describe('Number of roll-ups that were computed, including those that did not change.'),
    watermark: wireInstant
      .nullable()
      .describe(
        'Every hour before it has its roll-ups, except those that were invalidated later; null before the first run.',
      ),
    errors: listOf(RunError),
    more: z.boolean().describe('True when work is left, which the next run does.'),
  })
  .meta({ title: 'RollupsRun' })
export type RunAnswer = z.output<typeof RunAnswer>

/**
 * The routes of this slice, which the functions, the local gateway and `npm run deployments` (Terraform's table) read. A run has no body; one
 * that is sent is ignored.
 */
export const routes = {
  run: {
    method: 'POST',
    path: '/api/v1/monitoring/rollups/run',
    scope: 'operate',
    service: true,
    summary: 'Compute the roll-ups that are due',
    answer: [{ schema: RunAnswer }, { status: 500, schema: RunAnswer, when: 'Some of it failed, the rest is done.' }],
    problems: [],
    audit: { unaudited: 'The log of job runs records each run.' },
  },
} as const satisfies Routes
