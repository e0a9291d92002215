// A verification: restores the newest backup into an instance of its own, compares it with the suite, and deletes the instance again.
//
// Each step is safe to repeat: what was begun is found again by the name of the test instance. A step that has ended is stored with the run, so a
// call that dies, or whose time is over, is continued by the next one.
import { logger } from '@penstock/shared/base/logger.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { moveBackupMarker } from '@penstock/shared/jobs/backup-marker.ts'
import { verifyCopy } from '../checks/verify-copy.ts'
import { type Step, type StepName, stepNames } from '../contract.ts'
import type { MayGoOn, RunDeps } from '../deps.ts'
import { removeLeftovers } from './leftovers.ts'
import { ended, type RunRow, StepFailed, startedMs, untilDone } from './run.ts'
import { openRunOf, updateRun } from './run-queries.ts'

type Outcome = Pick<Step, 'detail' | 'checks' | 'tables'> & { readonly backupId?: string }
/** Returns undefined while it has to wait. @throws {StepFailed} when the step cannot succeed. */
type DoStep = (deps: RunDeps, run: RunRow, between: () => Promise<void>) => Promise<Outcome | undefined>

const steps: Readonly<Record<StepName, DoStep>> = {
  get_latest_backup: getLatestBackup,
  create_test_instance: createTestInstance,
  wait_for_ready: waitForReady,
  verify_integrity: verifyIntegrity,
  cleanup: cleanUp,
}

/** Opens a verification, or resumes the open one, and works on it while it may. Returns it as it is then. */
export async function verify(deps: RunDeps, mayGoOn: MayGoOn): Promise<RunRow> {
  const { instance, testPrefix } = deps.place
  let run = await deps.db.writeAll(async (tx) => await openRunOf<Step>(tx, 'verification', instance, testPrefix))
  for (const name of stepNames) {
    if (run.steps.some(({ step }) => step === name)) continue
    // After a failure only the instance is removed.
    if (name !== 'cleanup' && failureOf(run) !== undefined) continue
    const step = await endStep(deps, run, { name, mayGoOn })
    if (!step) return run
    run = await store(deps, run, step)
  }
  const failure = failureOf(run)
  const end = { status: failure === undefined ? ('success' as const) : ('failed' as const), error: failure ?? null }
  if (failure !== undefined) logger.error({ run: run.id, detail: failure }, 'backup.failed')
  return await deps.db.writeAll(async (tx) => await updateRun<Step>(tx, run.id, { end }))
}

/** The reason of a failure: the detail of the first step that failed. */
const failureOf = ({ steps: done }: RunRow): string | undefined => {
  const failed = done.find(({ status }) => status === 'failed')
  return failed && `${failed.step}: ${failed.detail ?? 'it failed'}`
}

type EndedStep = Step & { readonly backupId?: string }

/** Returns the step when it has ended; undefined when the next call has to continue it. */
async function endStep(
  deps: RunDeps,
  run: RunRow,
  { name, mayGoOn }: { readonly name: StepName; readonly mayGoOn: MayGoOn },
): Promise<EndedStep | undefined> {
  const between = async (): Promise<void> => void (await mayGoOn())
  const outcome = await untilDone(deps, run, { mayGoOn, attempt: async () => await steps[name](deps, run, between) })
  const at = formatTimestamp(deps.now() * 1_000)
  if (outcome === undefined) return undefined
  if (outcome instanceof StepFailed)
    return { step: name, status: 'failed', at, detail: outcome.message, ...outcome.found }
  return { step: name, status: 'success', at, ...outcome }
}

async function store(deps: RunDeps, run: RunRow, { backupId, ...step }: EndedStep): Promise<RunRow> {
  const change = { steps: [...run.steps, step], ...(backupId === undefined ? {} : { backup_id: backupId }) }
  return await deps.db.writeAll(async (tx) => await updateRun<Step>(tx, run.id, change))
}

async function getLatestBackup(deps: RunDeps, run: RunRow): Promise<Outcome | undefined> {
  const { admin, place, limits } = deps
  const backups = await admin.backups()
  const newest = backups.find(({ state }) => state === 'successful')
  const isDue = !newest || (limits.takeAfterMs !== undefined && newest.endedAt < startedMs(run) - limits.takeAfterMs)
  if (newest && !isDue) return { detail: newest.id, backupId: newest.id }
  if (backups.some(({ state }) => state === 'waiting')) return undefined
  const taken = await admin.operation(place.instance, 'BACKUP_VOLUME')
  if (taken && taken.at >= startedMs(run)) {
    if (!taken.done) return undefined
    if (taken.error !== undefined) throw new StepFailed(`a backup was taken and failed: ${taken.error}`)
  }
  // The age of a backup without a marker could not be determined.
  await deps.db.writeAll(moveBackupMarker)
  await admin.takeBackup()
  return undefined
}

async function createTestInstance({ admin, place }: RunDeps, run: RunRow): Promise<Outcome> {
  const name = testInstanceOf(run)
  if (!(await admin.instance(name))) {
    const own = await admin.instance(place.instance)
    if (!own) throw new StepFailed(`there is no instance ${place.instance} in the project ${place.project}`)
    await admin.createInstance(name, own)
  }
  return { detail: name }
}

async function waitForReady(deps: RunDeps, run: RunRow): Promise<Outcome | undefined> {
  const { admin } = deps
  const name = testInstanceOf(run)
  if (!(await ended(admin, name, 'CREATE'))) return undefined
  const restored = await admin.operation(name, 'RESTORE_VOLUME')
  if (!restored) {
    await admin.restore(name, run.backup_id ?? '')
    return undefined
  }
  if (!(await ended(admin, name, 'RESTORE_VOLUME'))) return undefined
  const instance = await admin.instance(name)
  return instance?.runs ? { detail: name } : undefined
}

async function verifyIntegrity(deps: RunDeps, run: RunRow, between: () => Promise<void>): Promise<Outcome> {
  const instance = await deps.admin.instance(testInstanceOf(run))
  if (!instance) throw new StepFailed('the test instance has disappeared')
  const { checks, tables, problems } = await verifyCopy(deps, instance, between)
  if (problems.length > 0) throw new StepFailed(problems.join('; '), { checks, tables })
  return { checks, tables }
}

async function cleanUp(deps: RunDeps, run: RunRow): Promise<Outcome | undefined> {
  const { admin } = deps
  const name = testInstanceOf(run)
  const instance = await admin.instance(name)
  if (instance) {
    const removed = await admin.operation(name, 'DELETE')
    if (removed?.done && removed.error !== undefined)
      throw new StepFailed(`${name} cannot be deleted: ${removed.error}`)
    if (!removed) await admin.remove(name)
    return undefined
  }
  await removeLeftovers(deps)
  return { detail: name }
}

const testInstanceOf = ({ test_instance: name }: RunRow): string => name ?? ''
