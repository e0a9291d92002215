// The rules of the routes: runs under their leases, and what is known of them.
import { invalid, Problem, unavailable } from '@penstock/shared/base/problem.ts'
import { DAY, formatTimestamp, fromPostgres } from '@penstock/shared/base/time.ts'
import { type JobCall, logAge, runOnce } from '@penstock/shared/jobs/job-run.ts'
import {
  type Cleanup,
  type Continued,
  type Export,
  noBackups,
  type RunRequest,
  type Status,
  type Step,
  type Verification,
} from './contract.ts'
import type { BackupDeps, MayGoOn, RunDeps } from './deps.ts'
import { exportAll } from './runs/export.ts'
import { removeLeftovers } from './runs/leftovers.ts'
import type { RunRow } from './runs/run.ts'
import { type RunKind, selectOpenRun, selectRuns, selectSuccessAge } from './runs/run-queries.ts'
import { verify } from './runs/verification.ts'

/** The jobs under which runs are recorded: their names in schedules.json. */
const jobs: Readonly<Record<RunKind, string>> = { verification: 'backup', export: 'backup-export' }
const CONTINUE = 'backup-continue'
const SCHEDULE = 'Weekly on Sunday at 03:00 UTC'
const WEEK_MS = 7 * 24 * 3_600_000
/** The first Sunday of 1970 at 03:00 UTC. */
const FIRST_MS = (3 * 24 + 3) * 3_600_000

export type RunCall = Omit<JobCall, 'job'>

/** Verifies a backup, or continues the open verification. Safe to repeat. @throws {Problem} 409 without an instance of Cloud SQL. */
export async function runVerification(deps: BackupDeps, call: RunCall, request: RunRequest): Promise<Verification> {
  return await runKind(deps, call, { kind: 'verification', request, work: verify, toAnswer: toVerification })
}

/** Exports the database, or continues the open export. Safe to repeat. @throws {Problem} 409 without an instance of Cloud SQL. */
export async function runExport(deps: BackupDeps, call: RunCall, request: RunRequest): Promise<Export> {
  return await runKind(deps, call, { kind: 'export', request, work: exportAll, toAnswer: exportOf(deps) })
}

interface KindOfRun<A> {
  readonly kind: RunKind
  readonly request: RunRequest
  readonly work: (deps: RunDeps, mayGoOn: MayGoOn) => Promise<RunRow>
  readonly toAnswer: (run: RunRow) => A
}

async function runKind<A extends object>(deps: BackupDeps, call: RunCall, it: KindOfRun<A>): Promise<A> {
  const { kind, request, work, toAnswer } = it
  const { admin, place } = deps
  if (request.instance_name && request.instance_name !== place.instance)
    throw new Problem(invalid, `This suite's instance is ${place.instance}; it can back up no other one.`, {
      errors: [{ pointer: '/instance_name', detail: `must be ${place.instance}` }],
    })
  if (!admin)
    throw new Problem(noBackups, 'Set BACKED_UP_INSTANCE to the instance of Cloud SQL that is to be backed up.')
  const end = deps.now() + deps.limits.runMs
  return await runOnce(deps, { job: jobs[kind], ...call }, async (renew) => {
    const mayGoOn = async (): Promise<boolean> => {
      await renew()
      return deps.now() < end
    }
    const run = await work({ ...deps, admin }, mayGoOn)
    return { outcome: run.status === 'success' ? 'success' : 'partial', result: toAnswer(run) }
  })
}

/** Continues the open runs, and logs how old the last successes are, which alerts watch. */
export async function proceed(deps: BackupDeps, call: RunCall): Promise<Continued> {
  return await runOnce(deps, { job: CONTINUE, ...call }, async (renew) => {
    for (const job of Object.values(jobs)) await logAge(deps, job)
    const resumed: RunKind[] = []
    const states: RunRow['status'][] = []
    for (const kind of ['export', 'verification'] as const) {
      if (!(await deps.db.readAll(async (tx) => await selectOpenRun<Step>(tx, kind)))) continue
      const status = await resume(deps, kind)
      if (status === undefined) continue
      resumed.push(kind)
      states.push(status)
      await renew()
    }
    const status = states.includes('failed') ? 'partial' : 'success'
    return { outcome: status, result: { status, resumed } satisfies Continued }
  })
}

/** Returns how a run is after its continuation; undefined when another call works on it. */
async function resume(deps: BackupDeps, kind: RunKind): Promise<RunRow['status'] | undefined> {
  const call = { scheduleTime: undefined, waitMs: 0 }
  try {
    return (await (kind === 'export' ? runExport : runVerification)(deps, call, {})).status
  } catch (error) {
    if (error instanceof Problem && error.kind === unavailable) return undefined
    throw error
  }
}

/** Deletes the test instances that were left behind. Safe to repeat. */
export async function cleanUp(deps: BackupDeps): Promise<Cleanup> {
  return { status: 'success', message: 'Cleanup completed', removed: await removeLeftovers(deps) }
}

/** Lists verifications, the newest first. */
export async function readHistory(deps: BackupDeps, limit: number) {
  const { runs, total } = await deps.db.readAll(async (tx) => await selectRuns<Step>(tx, 'verification', limit))
  return { verifications: runs.map(toVerification), total }
}

/** Lists exports, the newest first. */
export async function readExports(deps: BackupDeps, limit: number) {
  const { runs, total } = await deps.db.readAll(async (tx) => await selectRuns<Step>(tx, 'export', limit))
  return { exports: runs.map(exportOf(deps)), total }
}

/** Describes the newest backup, export and verification. */
export async function readStatus(deps: BackupDeps): Promise<Status> {
  const { place, admin } = deps
  const known = await deps.db.readAll(async (tx) => ({
    verification: (await selectRuns<Step>(tx, 'verification', 1)).runs[0],
    exported: (await selectRuns<Step>(tx, 'export', 1)).runs[0],
    age: await selectSuccessAge(tx),
  }))
  const backup = (await admin?.backups())?.find(({ state }) => state === 'successful')
  return {
    instance_name: place.instance,
    project_id: place.project,
    backup_bucket: place.bucket,
    verification_schedule: SCHEDULE,
    latest_verification: known.verification ? toVerification(known.verification) : null,
    latest_success_age_s: known.age === null ? null : Math.max(0, Math.round(known.age)),
    next_verification: formatTimestamp(nextVerification(deps.now()) * 1_000),
    latest_backup: backup ? { id: backup.id, finished_at: formatTimestamp(backup.endedAt * 1_000) } : null,
    latest_export: known.exported ? exportOf(deps)(known.exported) : null,
  }
}

/** The next scheduled verification, in milliseconds since 1970. */
function nextVerification(nowMs: number): number {
  return (Math.floor((nowMs - FIRST_MS) / WEEK_MS) + 1) * WEEK_MS + FIRST_MS
}

function toVerification(run: RunRow): Verification {
  return {
    verification_id: run.id,
    timestamp: formatTimestamp(fromPostgres(run.started_at)),
    finished_at: run.finished_at && formatTimestamp(fromPostgres(run.finished_at)),
    instance_name: run.instance,
    test_instance_name: run.test_instance ?? '',
    backup_id: run.backup_id,
    status: run.status,
    steps: run.steps,
    checks: run.steps.find(({ checks }) => checks)?.checks ?? null,
    error: run.error,
  }
}

const exportOf =
  ({ place }: BackupDeps) =>
  (run: RunRow): Export => {
    const started = fromPostgres(run.started_at)
    const isWritten = run.status === 'success'
    return {
      export_id: run.id,
      created_at: formatTimestamp(started),
      status: run.status,
      uri: run.uri,
      bytes: run.bytes === null ? null : Number(run.bytes),
      crc32c: run.crc32c,
      expires_at: isWritten ? formatTimestamp(started + place.exportDays * DAY) : null,
      error: run.error,
    }
  }
