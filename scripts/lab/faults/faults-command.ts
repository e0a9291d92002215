import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { print, say as show } from '../../cli/output.ts'
import { stopSignal } from '../../cli/stop.ts'
import { faultOptions, toArguments } from './arguments.ts'
import { catalogue } from './catalogue.ts'
import { report, word } from './report.ts'
import { runFaults } from './run.ts'

/** Describes `penstock faults`. */
export function describeCommand(command: Command): void {
  faultOptions(command, catalogue).action(async (names, values) => {
    const signal = stopSignal()
    const verdicts = await runFaults({ show, signal }, toArguments(names, values, catalogue))
    print(report(verdicts))
    if (signal.aborted || verdicts.some((verdict) => word(verdict) === 'VIOLATED')) process.exitCode = 1
  })
  addExamples(command, 'penstock faults --short', 'penstock faults kill-function sigterm --seed 7')
}
