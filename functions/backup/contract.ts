// Requests and answers of backups.
import type { ProblemKind } from '@penstock/shared/base/problem.ts'
import { type Routes, readsOnly, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, onWire, uuid, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

/** The steps of a verification, in order. */
export const stepNames = [
  'get_latest_backup',
  'create_test_instance',
  'wait_for_ready',
  'verify_integrity',
  'cleanup',
] as const
export type StepName = (typeof stepNames)[number]

const instanceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,97}$/, 'must be the name of an instance: lower-case letters, digits and hyphens')

export const RunRequest = z
  .object({
    /** The suite's own instance; another one is refused. */
    instance_name: instanceName.nullish(),
  })
  .meta({ title: 'BackupRunRequest' })
export type RunRequest = z.output<typeof RunRequest>

const NoRequest = z.object({}).meta({ title: 'BackupRequest' })

/** The suite runs on a server that is not an instance of Cloud SQL, so there is nothing that could be backed up or restored. */
export const noBackups: ProblemKind = {
  slug: 'no-backups',
  status: 409,
  title: 'The database of this suite has no backups',
}

const HistoryQuery = z.object({ limit: wholeNumber(1, 100).default(10) })

const seconds = onWire(z.number(), { type: 'number', minimum: 0 })

/** The comparison of one table, from one side to the other. */
const TableComparison = z.object({
  table: z.string(),
  searched: z
    .enum(['copy', 'suite'])
    .describe('The side in which rows were looked for: the restored copy, or the suite itself.'),
  expected: count.describe('Number of rows of the other side that cannot have changed since the backup.'),
  found: count.describe('Number of them that the searched side has, with the same content.'),
  sample: count.describe('1 when every row was compared; N when one block in N was.'),
})
export type TableComparison = z.output<typeof TableComparison>

const Checks = z
  .object({
    instance_accessible: z.boolean(),
    schema_matches: z.boolean(),
    tables_exist: z.boolean(),
    row_counts_match: z.boolean(),
    checksums_match: z.boolean(),
    marker_age_s: seconds
      .nullable()
      .describe('Age of the newest minute in the restored copy; null when it could not be read.'),
  })
  .meta({ title: 'BackupChecks' })
export type Checks = z.output<typeof Checks>

const Step = z
  .object({
    step: z.enum(stepNames),
    status: z.enum(['success', 'failed']),
    at: wireInstant.describe('When the step ended.'),
    detail: z.string().optional().describe('The backup or instance that it used, or why it failed.'),
    checks: Checks.optional(),
    tables: listOf(TableComparison).optional(),
  })
  .meta({ title: 'BackupStep' })
export type Step = z.output<typeof Step>

const Verification = z
  .object({
    verification_id: uuid,
    timestamp: wireInstant.describe('When the verification began.'),
    finished_at: wireInstant.nullable(),
    instance_name: z.string(),
    test_instance_name: z.string().describe('The instance that was made from the backup, and deleted again.'),
    backup_id: z.string().nullable(),
    status: z.enum(['in_progress', 'success', 'failed']),
    steps: listOf(Step).describe('The steps that have ended.'),
    checks: Checks.nullable(),
    error: z.string().nullable(),
  })
  .meta({ title: 'BackupVerification' })
export type Verification = z.output<typeof Verification>

const Export = z
  .object({
    export_id: uuid,
    created_at: wireInstant,
    status: z.enum(['in_progress', 'success', 'failed']),
    uri: z.string().nullable().describe('In the form `gs://bucket/object`.'),
    bytes: count.nullable(),
    crc32c: z.string().nullable().describe("CRC-32C of the object's bytes in base64, as Cloud Storage reports it."),
    expires_at: wireInstant.nullable().describe('When the bucket deletes the object.'),
    error: z.string().nullable(),
  })
  .meta({ title: 'BackupExport' })
export type Export = z.output<typeof Export>

const Status = z
  .object({
    instance_name: z.string(),
    project_id: z.string(),
    backup_bucket: z.string(),
    verification_schedule: z.string(),
    latest_verification: Verification.nullable(),
    latest_success_age_s: seconds.nullable().describe('Seconds since a verification last succeeded; null before any.'),
    next_verification: wireInstant,
    latest_backup: z.object({ id: z.string(), finished_at: wireInstant }).nullable(),
    latest_export: Export.nullable(),
  })
  .meta({ title: 'BackupStatus' })
export type Status = z.output<typeof Status>

const Cleanup = z
  .object({
    status: z.literal('success'),
    message: z.string(),
    removed: listOf(z.string()).describe('Test instances older than two hours, whose deletion was begun.'),
  })
  .meta({ title: 'BackupCleanup' })
export type Cleanup = z.output<typeof Cleanup>

const Continued = z
  .object({
    status: z.enum(['success', 'partial']),
    resumed: listOf(z.enum(['export', 'verification'])).describe('The open runs that were resumed.'),
  })
  .meta({ title: 'BackupContinued' })
export type Continued = z.output<typeof Continued>

const BACKUP = '/api/v1/backup'
const work = { method: 'POST', scope: 'operate', service: true, problems: [] } as const
const read = { method: 'GET', scope: 'operate', problems: [], audit: readsOnly } as const

/** The forms of a run's answer. */
const endsAs = (schema: z.ZodType) =>
  [
    { schema },
    { status: 202, schema, when: 'It is not finished: the next call continues it.' },
    { status: 500, schema, when: 'It failed: `error` and `steps` say where.' },
  ] as const

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  verify: {
    ...work,
    path: `${BACKUP}/verify`,
    summary: 'Restore the newest backup into an instance of its own, and compare it with the suite',
    body: RunRequest,
    problems: [noBackups],
    answer: endsAs(Verification),
    audit: 'backup.verify',
  },
  history: {
    ...read,
    path: `${BACKUP}/verify/history`,
    summary: 'List verifications, the newest first',
    query: HistoryQuery,
    answer: z.object({ verifications: listOf(Verification), total: count }).meta({ title: 'BackupVerifications' }),
  },
  cleanup: {
    ...work,
    path: `${BACKUP}/cleanup`,
    summary: 'Delete the test instances that were left behind',
    body: NoRequest,
    answer: Cleanup,
    audit: 'backup.cleanup',
  },
  status: {
    ...read,
    path: `${BACKUP}/status`,
    summary: 'Read the newest backup, export and verification',
    answer: Status,
  },
  export: {
    ...work,
    path: `${BACKUP}/export/run`,
    summary: 'Write the whole database to Cloud Storage as SQL',
    body: RunRequest,
    problems: [noBackups],
    answer: endsAs(Export),
    audit: 'backup.export',
  },
  exports: {
    ...read,
    path: `${BACKUP}/exports`,
    summary: 'List exports, the newest first',
    query: HistoryQuery,
    answer: z.object({ exports: listOf(Export), total: count }).meta({ title: 'BackupExports' }),
  },
  proceed: {
    ...work,
    path: `${BACKUP}/continue`,
    summary: 'Resume the runs that are open',
    body: NoRequest,
    answer: [
      { schema: Continued },
      { status: 500, schema: Continued, when: 'A run that was resumed failed: its own record says why.' },
    ],
    audit: { unaudited: 'The call that began a run has recorded it.' },
  },
} as const satisfies Routes
