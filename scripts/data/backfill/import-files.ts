// Many files as a job with one range each: an import may be interrupted at any time, and the same command resumes it.
import { createHash } from 'node:crypto'
import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Job, Lease } from '../../../functions/backfill/contract.ts'
import { rootFolder } from '../../cli/state.ts'
import { UsageError } from '../../cli/usage-error.ts'
import type { ImportOptions } from '../import/options.ts'
import type { BackfillApi } from './api.ts'
import type { Program } from './command.ts'

export interface FilesToImport {
  readonly files: readonly string[]
  readonly workers: number
  readonly url: string | undefined
  readonly key: string | undefined
  /** Identifies the files and the options that change how they are read: the same input finds the same job. */
  readonly jobType: string
  /** When the newest of the files was written, in milliseconds since 1970. */
  readonly newestMs: number
  readonly again: boolean
  /** Returns the program that imports a file. */
  readonly programOf: (lease: Lease, print: (text: string) => void) => Program
}

const PROGRAM = join(rootFolder, 'scripts', 'penstock.ts')

/**
 * Decides which job imports these files; `alone` are the options of the import as words.
 * @throws {UsageError} for a file that cannot be read, and for `--dry-run` and `--progress`, which a job has no use for.
 */
export function filesToImport(options: ImportOptions, workers: number, alone: readonly string[]): FilesToImport {
  if (options.dryRun) throw new UsageError('--dry-run does not apply to a job. Use penstock import --dry-run')
  if (options.http?.progress !== undefined)
    throw new UsageError('--progress does not apply to a job, which records its own progress')
  const files = options.files.map(realPath)
  const how = alone.filter((arg) => arg !== '--again')
  const hash = createHash('sha256')
    .update(JSON.stringify([files, how]))
    .digest('hex')
  return {
    files,
    workers,
    url: options.http?.url,
    key: options.http?.key,
    jobType: `import ${hash.slice(0, 24)}`,
    newestMs: files.reduce((newest, file) => Math.max(newest, statSync(file).mtimeMs), 0),
    again: options.again,
    programOf: (lease, print) => ({
      file: process.execPath,
      args: [PROGRAM, 'import', ...alone, '--', files[Number(lease.start_block)] ?? ''],
      print,
    }),
  }
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * Returns the job of these files: an unfinished one of an earlier run, or a completed one if no file was written since it was started;
 * otherwise a new one. Safe to repeat.
 * @throws {Error} when the function refuses, or does not answer.
 */
export async function findOrStart(
  api: BackfillApi,
  { files, jobType, newestMs, again }: FilesToImport,
  createdBy: string,
  newKey: () => string,
): Promise<{ readonly job: Job; readonly isNew: boolean }> {
  const [newest] = await api.list({ job_type: jobType, limit: 1 })
  const isOpen = newest?.status === 'running' || newest?.status === 'paused'
  const isDone = newest?.status === 'completed' && Date.parse(newest.started_at) > newestMs
  if (newest && (isOpen || (isDone && !again))) return { job: newest, isNew: false }
  const job = { job_type: jobType, start_block: 0n, end_block: BigInt(files.length - 1), created_by: createdBy }
  return { job: await api.start(job, newKey()), isNew: true }
}
