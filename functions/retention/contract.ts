// Requests and answers of retention.
import { type Routes, text, timestamp, wholeNumber } from '@penstock/shared/base/wire.ts'
import { z } from 'zod'

/** The policies in the order in which a run applies them; the longest ones are last. */
export const policyNames = [
  'idempotency_keys',
  'job_runs',
  'dead_letters',
  'rollups',
  'backfill_jobs',
  'feedback',
  'metrics_archive',
  'metrics_delete',
  'archive_expire',
] as const
export type PolicyName = (typeof policyNames)[number]

export const RunRequest = z.object({
  /** All policies when absent. */
  policies: z.array(z.enum(policyNames)).min(1).max(policyNames.length).nullish(),
  /** True to report the effect without changing anything. */
  dry_run: z.boolean().nullish(),
})
export type RunRequest = z.infer<typeof RunRequest>

/** Fields of every policy's answer. A policy that was not requested has zeros and nulls. */
interface PolicyAnswer {
  /** In RFC 3339; older data is due. */
  readonly cutoff_date: string | null
  /** The reason why the policy failed. The counts cover the work that was done before. */
  readonly error?: string
}

/** Counts rows that were deleted. */
export interface DeleteAnswer extends PolicyAnswer {
  readonly deleted_count: number
}

/** Counts rows that were written to objects, read back, and then deleted. */
export interface ArchiveRowsAnswer extends DeleteAnswer {
  readonly archived_count: number
  /** The last object that was written, and all of them. */
  readonly archive_uri: string | null
  readonly archive_uris: readonly string[]
}

/** Counts points that were written to objects and read back. */
export interface ArchiveAnswer extends PolicyAnswer {
  readonly archived_count: number
  readonly archive_uris: readonly string[]
}

export interface Results {
  /** The time at which the run began. */
  readonly execution_time: string
  readonly backfill_jobs: ArchiveRowsAnswer
  readonly feedback: ArchiveRowsAnswer
  readonly metrics_archive: ArchiveAnswer
  /** Points of archived months that were dropped from the database. */
  readonly metrics_delete: DeleteAnswer
  /** Archive objects at the end of cold storage. */
  readonly archive_expire: DeleteAnswer
  readonly rollups: DeleteAnswer
  readonly dead_letters: DeleteAnswer
  readonly idempotency_keys: DeleteAnswer
  readonly job_runs: DeleteAnswer
}

/** The result of one run. `partial` is answered with 500: some policies failed, and the others are done. */
export interface RunAnswer {
  readonly status: 'success' | 'partial'
  readonly message: string
  /** True when work is left, which the next run does. */
  readonly more: boolean
  readonly results: Results
}

export const datasets = ['metrics', 'feedback', 'backfill_jobs'] as const

const dataset = z.enum(datasets, `must be one of ${datasets.join(', ')}`)
const tenant = z.string().regex(/^[a-z0-9-]{1,63}$/, 'must be the name of a tenant')
const month = z
  .string()
  .regex(/^(19[7-9]\d|2[01]\d\d)-(0[1-9]|1[0-2])-01$/, 'must be the first day of a month, such as 2026-08-01')
const id = z.string().regex(/^\d{1,18}$/, 'must be an id')
/** The first instant of the year 2200, in microseconds. */
const YEAR_2200 = 7_258_118_400_000_000
const instant = timestamp.refine((us) => us >= 0 && us < YEAR_2200, 'must be from 1970 to 2199')

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
  /** The value of `next` in the answer before. */
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
    start_time: instant,
    /** Exclusive. */
    end_time: instant,
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

/** One object in storage. Times are RFC 3339. */
export interface ArchivedObject {
  readonly dataset: (typeof datasets)[number]
  readonly tenant: string
  /** First day of the month. */
  readonly month: string | null
  /** In the form `gs://bucket/object`. */
  readonly uri: string
  readonly generation: string
  readonly rows: number
  readonly min_timestamp: string
  readonly max_timestamp: string
  readonly size_bytes: number
  /** CRC-32C of the object's bytes in base64, as Cloud Storage reports it. */
  readonly crc32c: string
  /** SHA-256 of the rows, independent of their encoding. */
  readonly content_sha256: string
  /**
   * `written`: not read back yet. For points that were read back: the state of their month (`dropped`: this object is the only copy). For
   * other rows: `verified`. `replaced` and `expired`: about to be removed.
   */
  readonly state: string
  /** True when the object carries a temporary hold. */
  readonly held: boolean
  readonly written_at: string
}

/** The location of a month of points. */
export interface MonthOfMap {
  readonly month: string
  readonly state: string
  /** An estimate while the points are in the database; null when unknown. */
  readonly rows: number | null
  readonly bytes: number | null
  readonly objects: number
  readonly held: boolean
}

/** A deviation from what is recorded. */
export interface VerifyFinding {
  readonly uri: string
  readonly code: 'missing' | 'checksum' | 'unreadable' | 'rows' | 'span' | 'content' | 'unknown'
  readonly detail: string
}

export interface VerifyAnswer {
  /** True when there is no finding. */
  readonly ok: boolean
  /** Number of objects that were read from their first byte to their last. */
  readonly checked: number
  readonly findings: readonly VerifyFinding[]
  /** True when the time limit ended the call: ask again with `after`. */
  readonly more: boolean
  readonly next: string | null
}

/** The result of bringing a month back into the database. */
export interface ReopenAnswer {
  readonly month: string
  /** Number of points that were read from storage. */
  readonly restored: number
  /** Number of points that arrived later, including those that a later one with the same key replaced. */
  readonly merged: number
}

/** A legal hold. Times are RFC 3339. */
export interface Hold {
  readonly id: string
  readonly tenant: string
  readonly dataset: (typeof datasets)[number]
  readonly start_time: string
  /** Exclusive. */
  readonly end_time: string
  readonly reason: string
  readonly placed_by: string
  readonly placed_at: string
  readonly released_by: string | null
  readonly released_at: string | null
  /** Number of objects in storage that the hold covers. */
  readonly objects: number
}

/** The routes of this slice: the functions, the local gateway and `npm run routes` (Terraform's table) read them. */
export const routes = {
  run: {
    method: 'POST',
    path: '/api/v1/monitoring/retention/run',
    scope: 'operate',
    service: true,
    body: RunRequest,
  },
  archives: { method: 'GET', path: '/api/v1/monitoring/retention/archives', scope: 'operate', query: ArchivesQuery },
  map: { method: 'GET', path: '/api/v1/monitoring/retention/map', scope: 'operate', query: TenantQuery },
  verify: { method: 'POST', path: '/api/v1/monitoring/retention/verify', scope: 'operate', body: VerifyRequest },
  reopen: { method: 'POST', path: '/api/v1/monitoring/retention/reopen', scope: 'operate', body: ReopenRequest },
  holds: { method: 'GET', path: '/api/v1/monitoring/retention/holds', scope: 'operate', query: TenantQuery },
  hold: { method: 'POST', path: '/api/v1/monitoring/retention/hold', scope: 'operate', body: HoldRequest },
  release: { method: 'POST', path: '/api/v1/monitoring/retention/release', scope: 'operate', body: ReleaseRequest },
} as const satisfies Routes
