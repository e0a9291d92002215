import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { print, sayError } from '../../cli/output.ts'
import { stopSignal } from '../../cli/stop.ts'
import { type Arguments, hostileOptions } from './arguments.ts'
import { runHostile } from './run.ts'

/** Describes `penstock hostile`. */
export function describeCommand(command: Command): void {
  hostileOptions(command).action(run)
  addExamples(command, 'penstock hostile --count 3000', 'penstock hostile --only metrics-query --seed 7 --at 1234')
}

async function run({ seed, count, only, at }: Arguments): Promise<void> {
  const signal = stopSignal()
  const folder = mkdtempSync(join(tmpdir(), 'penstock-hostile-'))
  // The user of PostgreSQL must reach its data; secrets next to it are readable by their owner alone.
  chmodSync(folder, 0o755)
  let keep = false
  try {
    const broken = await runHostile({ seed, count, only, at, folder, signal, show: print })
    keep = broken > 0
    if (keep) print(`logs and requests are stored in ${folder}`)
    if (signal.aborted || keep) process.exitCode = signal.aborted ? 130 : 1
  } catch (error) {
    sayError(error)
    process.exitCode = 1
  } finally {
    if (!keep) rmSync(folder, { recursive: true, force: true })
  }
}
