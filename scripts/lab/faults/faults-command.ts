import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { print, say as show } from '../../cli/output.ts'
import { faultOptions, toArguments } from './arguments.ts'
import { catalogue } from './catalogue.ts'
import { report, word } from './report.ts'
import { runFaults } from './run.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())

/** Describes `penstock faults`. */
export function describeCommand(command: Command): void {
  faultOptions(command, catalogue).action(async (names, values) => {
    const verdicts = await runFaults({ show, signal: stop.signal }, toArguments(names, values, catalogue))
    print(report(verdicts))
    if (stop.signal.aborted || verdicts.some((verdict) => word(verdict) === 'VIOLATED')) process.exitCode = 1
  })
  addExamples(command, 'penstock faults --short', 'penstock faults kill-function sigterm --seed 7')
}
