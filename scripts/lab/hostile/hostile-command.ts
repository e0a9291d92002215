import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { print, say } from '../../cli/output.ts'
import { readArguments, USAGE, UsageError } from './arguments.ts'
import { runHostile } from './run.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())

export async function hostileCommand(args: string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-hostile-'))
  // PostgreSQL's user must be able to enter its data folder; secret files next to it are readable only by their owner.
  chmodSync(folder, 0o755)
  let keep = false
  try {
    const options = readArguments(args)
    if (options.help) {
      print(USAGE)
      return 0
    }
    const broken = await runHostile({ ...options, folder, signal: stop.signal, show: print })
    keep = broken > 0
    if (keep) print(`logs and requests are kept in ${folder}`)
    return stop.signal.aborted ? 130 : keep ? 1 : 0
  } catch (error) {
    say(`test:hostile: ${(error as Error).stack}`)
    return error instanceof UsageError ? 2 : 1
  } finally {
    if (!keep) rmSync(folder, { recursive: true, force: true })
  }
}
