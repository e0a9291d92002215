// An export: the whole database as SQL in an object of the backup bucket, which is read back and checked.
import { logger } from '@penstock/shared/base/logger.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { Step } from '../contract.ts'
import type { MayGoOn, RunDeps } from '../deps.ts'
import { readDump } from './dump.ts'
import { type RunRow, StepFailed, startedMs, untilDone } from './run.ts'
import { openRunOf, selectDatabaseName, updateRun } from './run-queries.ts'

interface Written {
  readonly bytes: number
  readonly crc32c: string
}

/** Opens an export, or resumes the open one, and works on it while it may. Returns it as it is then. */
export async function exportAll(deps: RunDeps, mayGoOn: MayGoOn): Promise<RunRow> {
  const { place, store, db } = deps
  const opened = await db.writeAll(async (tx) => await openRunOf<Step>(tx, 'export', place.instance, null))
  const run = opened.uri ? opened : await name(deps, opened)
  const attempt = async (): Promise<Written | undefined> => await writeObject(deps, run, objectOf(run))
  const written = await untilDone(deps, run, { mayGoOn, attempt })
  if (written === undefined) return run
  if (written instanceof StepFailed) {
    logger.error({ run: run.id, detail: written.message }, 'backup.failed')
    const end = { status: 'failed' as const, error: written.message }
    return await db.writeAll(async (tx) => await updateRun<Step>(tx, run.id, { end }))
  }
  const end = { status: 'success' as const, error: null }
  const uri = store.uriOf(objectOf(run))
  return await db.writeAll(async (tx) => await updateRun<Step>(tx, run.id, { ...written, uri, end }))
}

async function name({ db, store }: RunDeps, run: RunRow): Promise<RunRow> {
  return await db.writeAll(async (tx) => await updateRun<Step>(tx, run.id, { uri: store.uriOf(objectOf(run)) }))
}

/** Each export has a name of its own, because the service does not replace an object. */
function objectOf(run: RunRow): string {
  const day = formatTimestamp(startedMs(run) * 1_000).slice(0, 10)
  return `exports/${day}/penstock-${run.id.slice(0, 8)}.sql.gz`
}

async function writeObject(
  { admin, place, store, db }: RunDeps,
  { uri }: RunRow,
  object: string,
): Promise<Written | undefined> {
  const operation = await admin.operation(place.instance, 'EXPORT', uri ?? '')
  if (!operation) {
    const database = await db.readAll(selectDatabaseName)
    await admin.export(uri ?? '', [database])
    return undefined
  }
  if (operation.error !== undefined) throw new StepFailed(`the export failed: ${operation.error}`)
  if (!operation.done) return undefined
  const found = await store.stat(object)
  if (!found) throw new StepFailed(`the export has ended, and there is no object ${uri ?? ''}`)
  const wrong = await readDump(store, found)
  if (wrong !== undefined) throw new StepFailed(`${uri ?? ''}: ${wrong}`)
  return { bytes: found.size, crc32c: found.crc32c }
}
