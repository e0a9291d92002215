// What one run of the roll-ups answers.
import type { Routes } from '@penstock/shared/base/wire.ts'
import { count, instant, list, monthDay } from '@penstock/shared/base/wire-schema.ts'
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
    buckets: count.describe('Roll-ups that were computed, including those that turned out unchanged.'),
    watermark: instant
      .nullable()
      .describe('Every hour before it has its roll-ups, except those invalidated since; null before the first run.'),
    errors: list(RunError),
    more: z.boolean().describe('Work is left: the next run resumes it.'),
  })
  .meta({ title: 'RollupsRun' })
export type RunAnswer = z.output<typeof RunAnswer>

/** The routes of this slice: the functions, the local gateway and `npm run routes` (Terraform's table) read them. A run takes no body, and ignores one that is sent. */
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
