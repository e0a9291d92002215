// Requests and answers of the partitions job.
import { type Routes, readsOnly } from '@penstock/shared/base/wire.ts'
import { count, listOf, monthDay, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

/** The states that a month ever had in this answer; a partition is live, or its state is not known. */
const states = ['live', 'sealed', 'written', 'verified', 'cold', 'detached', 'dropped', 'expired'] as const

const findingCodes = [
  'month_missing',
  'partition_missing',
  'state_mismatch',
  'wrong_bounds',
  'default_partition',
  'detach_pending',
  'unattached',
  'row_security',
  'stray_grant',
  'index_missing',
  'index_invalid',
  'role_changed',
] as const
export type FindingCode = (typeof findingCodes)[number]

/** A deviation that the audit found. */
const Finding = z
  .object({
    code: z.enum(findingCodes),
    table: z
      .string()
      .describe(
        'The partition; the partitioned table for something that is missing; or the login that the finding is about.',
      ),
    detail: z.string().describe('An explanation for a person.'),
  })
  .meta({ title: 'PartitionFinding' })
export type Finding = z.output<typeof Finding>

const MonthError = z.object({ month: monthDay, detail: z.string() })
export type MonthError = z.output<typeof MonthError>

/** The result of one run. `partial`: some months failed, the others are done. */
const RunAnswer = z
  .object({
    status: z.enum(['success', 'partial']),
    made: listOf(monthDay).describe('Months whose partitions were made, as their first days.'),
    replayed: count.describe('Always 0: no point waits for its month.'),
    errors: listOf(MonthError),
    findings: listOf(Finding),
    more: z.boolean().describe('True when work is left, which the next run does.'),
  })
  .meta({ title: 'PartitionsRun' })
export type RunAnswer = z.output<typeof RunAnswer>

const LastRun = z.object({
  started_at: wireInstant,
  finished_at: wireInstant.nullable().describe('Null while the run is in progress.'),
  outcome: z.enum(['success', 'partial', 'failed']).nullable(),
})
export type LastRun = z.output<typeof LastRun>

const Partition = z.object({
  table: z.string().describe('The partitioned table.'),
  month: monthDay.nullable(),
  state: z.enum(states).nullable(),
  rows: z.number().nullable().describe('Always null: the catalogue counts chunks, which hold many points each.'),
})

const PartitionsAnswer = z
  .object({
    partitions: listOf(Partition),
    deferred: listOf(z.object({ month: monthDay, points: count })).describe(
      'Always empty: no point waits for its month.',
    ),
    last_run: LastRun.nullable(),
    findings: listOf(Finding),
  })
  .meta({ title: 'Partitions' })
export type PartitionsAnswer = z.output<typeof PartitionsAnswer>

/**
 * The routes of this slice, which the functions, the local gateway and `npm run deployments` (Terraform's table) read. A run has no body; one
 * that is sent is ignored.
 */
export const routes = {
  run: {
    method: 'POST',
    path: '/api/v1/monitoring/partitions/run',
    scope: 'operate',
    service: true,
    summary: 'Create the partitions that are due, and audit all of them',
    answer: [{ schema: RunAnswer }, { status: 500, schema: RunAnswer, when: 'Some months failed, the rest is done.' }],
    problems: [],
    audit: 'partitions.run',
  },
  list: {
    method: 'GET',
    path: '/api/v1/monitoring/partitions',
    scope: 'operate',
    summary: 'List the partitions, with what is wrong with them',
    answer: PartitionsAnswer,
    problems: [],
    audit: readsOnly,
  },
} as const satisfies Routes
