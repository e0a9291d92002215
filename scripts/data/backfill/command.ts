// Processes a range by running a program, whose exit code 0 means success.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Lease } from '../../../functions/backfill/contract.ts'
import type { DoRange, RangeResult } from './work.ts'

/** The program for a range: a shell's command line, or an executable with its arguments. */
export type Program =
  | { readonly shell: string }
  | { readonly file: string; readonly args: readonly string[]; readonly print: (text: string) => void }

const TAIL_CHARS = 1_500
const MAX_OUTPUT_CHARS = 1_000_000
const GRACE_MS = 5_000

/**
 * Makes the worker that runs a program for each range. The range is in its environment, and replaces `{start}`, `{end}` and `{job}` in a
 * shell's command line. When it fails, its stderr is reported. When aborted, it and all its child processes get SIGTERM, and SIGKILL five
 * seconds later.
 */
export function rangesByProgram(
  jobId: string,
  environment: Readonly<Record<string, string | undefined>>,
  programOf: (lease: Lease) => Program,
): DoRange {
  return async (lease, signal) => {
    const program = programOf(lease)
    const child = start(program, jobId, lease, environment)
    let errors = ''
    let output = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-TAIL_CHARS * 4)
    })
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT_CHARS)
    })
    const unstop = stopOn(signal, child)
    try {
      const result = await resultOf(child, () => errors)
      if ('print' in program && output !== '') program.print(output)
      return result
    } finally {
      unstop()
    }
  }
}

function start(
  program: Program,
  jobId: string,
  lease: Lease,
  environment: Readonly<Record<string, string | undefined>>,
): ChildProcess {
  const env = {
    ...environment,
    PENSTOCK_JOB: jobId,
    PENSTOCK_START_BLOCK: String(lease.start_block),
    PENSTOCK_END_BLOCK: String(lease.end_block),
    PENSTOCK_FENCING_TOKEN: String(lease.fencing_token),
  }
  // The program has a process group of its own: Ctrl-C is forwarded by this process, and the child processes of a shell are ended too.
  if ('file' in program)
    return spawn(program.file, [...program.args], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const places: Readonly<Record<string, string>> = {
    '{start}': env.PENSTOCK_START_BLOCK,
    '{end}': env.PENSTOCK_END_BLOCK,
    '{job}': jobId,
  }
  const line = program.shell.replace(/\{start\}|\{end\}|\{job\}/g, (place) => places[place] ?? place)
  return spawn(line, { env, shell: true, detached: true, stdio: ['ignore', 'inherit', 'pipe'] })
}

async function resultOf(child: ChildProcess, errors: () => string): Promise<RangeResult> {
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (code === 0) return { isDone: true }
    const why = signal === null ? `exit ${code}` : signal
    const tail = printable(errors()).trim().slice(-TAIL_CHARS)
    return { isDone: false, message: tail === '' ? why : `${why}: ${tail}` }
  } catch (error) {
    return { isDone: false, message: printable((error as Error).message) }
  }
}

/** Removes characters that a text column cannot hold. */
const printable = (text: string): string => text.replaceAll('\0', '').toWellFormed()

/** Returns the function that removes the listener. */
function stopOn(signal: AbortSignal, child: ChildProcess): () => void {
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    end(child, 'SIGTERM')
    timer = setTimeout(() => end(child, 'SIGKILL'), GRACE_MS)
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return () => {
    signal.removeEventListener('abort', stop)
    clearTimeout(timer)
  }
}

function end({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // The process has ended in the meantime.
  }
}
