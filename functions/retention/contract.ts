// Requests and answers of retention.
import { damagedObject, notFound } from '@penstock/shared/base/problem.ts'
import { type Routes, readsOnly, text, timestamp, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, monthDay, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { agingTables } from '@penstock/shared/schema/aging.ts'
import { z } from 'zod'

/** The policies in the order in which a run applies them; the longest ones are last. */
export const policyNames = [
  ...new Set(agingTables.map(({ policy }) => policy)),
  'rollups',
  'backfill_jobs',
  'feedback',
  'audit',
  'metrics_archive',
  'metrics_delete',
  'archive_expire',
] as const
export type PolicyName = (typeof policyNames)[number]

export const RunRequest = z
  .object({
    /** Default: all of them. */
    policies: z.array(z.enum(policyNames)).min(1).max(policyNames.length).nullish(),
    /** True to report what would happen without changing anything. */
    dry_run: z.boolean().nullish(),
  })
  .meta({ title: 'RetentionRunRequest' })
export type RunRequest = z.infer<typeof RunRequest>

/** Fields of every policy's answer. A policy that was not requested has zeros and nulls. */
const policyFields = {
  cutoff_date: wireInstant.nullable().describe('Older data is due.'),
  error: z.string().optional().describe('Why the policy failed. The counts cover the work that was done before.'),
}

const DeleteAnswer = z.object({ ...policyFields, deleted_count: count })
export type DeleteAnswer = z.output<typeof DeleteAnswer>

/** Counts rows that were written to objects, read back, and then deleted. */
const ArchiveRowsAnswer = DeleteAnswer.extend({
  archived_count: count,
  archive_uri: z.string().nullable().describe('The last object that was written.'),
  archive_uris: listOf(z.string()),
})
export type ArchiveRowsAnswer = z.output<typeof ArchiveRowsAnswer>

/** Counts points that were written to objects and read back. */
const ArchiveAnswer = z.object({ ...policyFields, archived_count: count, archive_uris: listOf(z.string()) })
export type ArchiveAnswer = z.output<typeof ArchiveAnswer>

/** Tables whose rows are deleted by age alone: one result each. */
const agingResults = Object.fromEntries(agingTables.map(({ policy }) => [policy, DeleteAnswer])) as Readonly<
  Record<(typeof agingTables)[number]['policy'], typeof DeleteAnswer>
>

const Results = z.object({
  execution_time: wireInstant.describe('When the run began.'),
  backfill_jobs: ArchiveRowsAnswer,
  feedback: ArchiveRowsAnswer,
  audit: ArchiveRowsAnswer,
  metrics_archive: ArchiveAnswer,
  metrics_delete: DeleteAnswer.describe('Points of archived months that were dropped from the database.'),
  archive_expire: DeleteAnswer.describe('Archive objects at the end of cold storage.'),
  rollups: DeleteAnswer,
  ...agingResults,
})
export type Results = z.output<typeof Results>

/** The result of one run. `partial`: some policies failed, the others are done. */
const RunAnswer = z
  .object({
    status: z.enum(['success', 'partial']),
    message: z.string(),
    more: z.boolean().describe('True when work is left, which the next run does.'),
    results: Results,
  })
  .meta({ title: 'RetentionRun' })
export type RunAnswer = z.output<typeof RunAnswer>

export const datasets = ['metrics', 'feedback', 'backfill_jobs', 'audit'] as const

const dataset = z.enum(datasets, `must be one of ${datasets.join(', ')}`)
const tenant = z.string().regex(/^[a-z0-9-]{1,63}$/, 'must be the name of a tenant')
const month = z
  .string()
  .regex(/^(19[7-9]\d|2[01]\d\d)-(0[1-9]|1[0-2])-01$/, 'must be the first day of a month, such as 2026-08-01')
const id = z.string().regex(/^\d{1,18}$/, 'must be an id')
/** The first instant of the year 2200, in microseconds. */
const YEAR_2200 = 7_258_118_400_000_000
const heldInstant = timestamp.refine((us) => us >= 0 && us < YEAR_2200, 'must be from 1970 to 2199')

const filter = { dataset: dataset.optional(), tenant: tenant.optional(), month: month.optional() }

export const ArchivesQuery = z.object({
  ...filter,
  limit: wholeNumber(1, 10_000).default(10_000),
  /** The position from the `Link` of the page before. */
  after: id.optional(),
})
export type ArchivesQuery = z.output<typeof ArchivesQuery>

const TenantQuery = z.object({ tenant: tenant.optional() })

export const VerifyRequest = z.object({
  dataset: dataset.nullish(),
  tenant: tenant.nullish(),
  month: month.nullish(),
  /** The value of `next` in the previous answer. */
  after: id.nullish(),
})
export type VerifyRequest = z.output<typeof VerifyRequest>

const ReopenRequest = z.object({
  /** Only points are archived by month. */
  dataset: z.literal('metrics', 'must be metrics').nullish(),
  month,
})

export const HoldRequest = z
  .object({
    tenant,
    dataset: dataset.nullish(),
    start_time: heldInstant,
    /** Exclusive. */
    end_time: heldInstant,
    reason: text(1_000),
    /** The person who asks for it. The API key is recorded in any case. */
    by: text(100).nullish(),
  })
  .refine(({ start_time, end_time }) => start_time < end_time, {
    path: ['end_time'],
    error: 'must be after start_time',
  })
export type HoldRequest = z.output<typeof HoldRequest>

const ReleaseRequest = z.object({ id, by: text(100).nullish() })

/** One object in storage. */
const ArchivedObject = z
  .object({
    dataset: z.enum(datasets),
    tenant: z.string(),
    month: monthDay.nullable(),
    uri: z.string().describe('In the form `gs://bucket/object`.'),
    generation: z.string(),
    rows: count,
    min_timestamp: wireInstant,
    max_timestamp: wireInstant,
    size_bytes: count,
    crc32c: z.string().describe("CRC-32C of the object's bytes in base64, as Cloud Storage reports it."),
    content_sha256: z.string().describe('SHA-256 of the rows, independent of their encoding.'),
    state: z
      .string()
      .describe(
        '`written`: not read back yet. For points that were read back: the state of their month (`dropped`: this object is the only copy). For other rows: `verified`. `replaced` and `expired`: about to be removed.',
      ),
    held: z.boolean().describe('True when the object carries a temporary hold.'),
    written_at: wireInstant,
  })
  .meta({ title: 'ArchivedObject' })
export type ArchivedObject = z.output<typeof ArchivedObject>

/** The location of a month of points. */
const MonthOfMap = z
  .object({
    month: monthDay,
    state: z.string(),
    rows: z.number().nullable().describe('An estimate while the points are in the database; null when unknown.'),
    bytes: z.number().nullable(),
    objects: count,
    held: z.boolean(),
  })
  .meta({ title: 'MonthOnMap' })
export type MonthOfMap = z.output<typeof MonthOfMap>

const MonthMap = z.object({ months: listOf(MonthOfMap) }).meta({ title: 'MonthMap' })

/** A deviation from what is recorded. */
const VerifyFinding = z
  .object({
    uri: z.string(),
    code: z.enum(['missing', 'checksum', 'unreadable', 'rows', 'span', 'content', 'unknown']),
    detail: z.string(),
  })
  .meta({ title: 'ArchiveFinding' })
export type VerifyFinding = z.output<typeof VerifyFinding>

const VerifyAnswer = z
  .object({
    ok: z.boolean().describe('True when there is no finding.'),
    checked: count.describe('Number of objects that were read from their first byte to their last.'),
    findings: listOf(VerifyFinding),
    more: z.boolean().describe('True when the time limit ended the call: ask again with `after`.'),
    next: z.string().nullable().describe('The value of `after` for the next call.'),
  })
  .meta({ title: 'ArchiveVerification' })
export type VerifyAnswer = z.output<typeof VerifyAnswer>

/** The result of bringing a month back into the database. */
const ReopenAnswer = z
  .object({
    month: monthDay,
    restored: count.describe('Number of points that were read from storage.'),
    merged: count.describe(
      'Number of points that arrived later, including those that a later one with the same key replaced.',
    ),
  })
  .meta({ title: 'ReopenedMonth' })
export type ReopenAnswer = z.output<typeof ReopenAnswer>

/** A legal hold. */
const Hold = z
  .object({
    id: z.string(),
    tenant: z.string(),
    dataset: z.enum(datasets),
    start_time: wireInstant,
    end_time: wireInstant.describe('Exclusive.'),
    reason: z.string(),
    placed_by: z.string(),
    placed_at: wireInstant,
    released_by: z.string().nullable(),
    released_at: wireInstant.nullable(),
    objects: count.describe('Number of objects in storage that the hold covers.'),
  })
  .meta({ title: 'LegalHold' })
export type Hold = z.output<typeof Hold>

const base = '/api/v1/monitoring/retention'
const posts = { method: 'POST', scope: 'operate' } as const
const gets = { method: 'GET', scope: 'operate', problems: [], audit: readsOnly } as const

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  run: {
    ...posts,
    path: `${base}/run`,
    service: true,
    summary: 'Archive and delete everything that is due',
    body: RunRequest,
    answer: [
      { schema: RunAnswer },
      { status: 500, schema: RunAnswer, when: 'Some policies failed, the rest is done.' },
    ],
    problems: [],
    audit: 'retention.run',
  },
  archives: {
    ...gets,
    path: `${base}/archives`,
    summary: 'List the objects in the archive',
    query: ArchivesQuery,
    answer: [{ schema: listOf(ArchivedObject), headers: ['Link'] }],
  },
  map: {
    ...gets,
    path: `${base}/map`,
    summary: 'List where the points of each month are',
    query: TenantQuery,
    answer: MonthMap,
  },
  verify: {
    ...posts,
    path: `${base}/verify`,
    summary: 'Read archived objects and compare them with their records',
    body: VerifyRequest,
    answer: VerifyAnswer,
    problems: [notFound, damagedObject],
    audit: 'retention.verify',
  },
  reopen: {
    ...posts,
    path: `${base}/reopen`,
    summary: 'Bring an archived month back into the database',
    body: ReopenRequest,
    answer: ReopenAnswer,
    problems: [notFound, damagedObject],
    audit: 'retention.reopen',
  },
  holds: { ...gets, path: `${base}/holds`, summary: 'List legal holds', query: TenantQuery, answer: listOf(Hold) },
  hold: {
    ...posts,
    path: `${base}/hold`,
    summary: 'Place a legal hold, which keeps archived objects from being deleted',
    body: HoldRequest,
    answer: Hold,
    problems: [notFound, damagedObject],
    audit: 'retention.hold',
  },
  release: {
    ...posts,
    path: `${base}/release`,
    summary: 'Release a legal hold',
    body: ReleaseRequest,
    answer: Hold,
    problems: [notFound, damagedObject],
    audit: 'retention.release',
  },
} as const satisfies Routes
