import { print, say as show } from '../../cli/output.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { readArguments, usage } from './arguments.ts'
import { catalogue } from './catalogue.ts'
import { report, word } from './report.ts'
import { runFaults } from './run.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())

export async function faultsCommand(args: string[]): Promise<number> {
  try {
    const wanted = readArguments(args, catalogue)
    if (wanted.help) {
      print(usage(catalogue))
      return 0
    }
    const verdicts = await runFaults({ show, signal: stop.signal }, wanted)
    print(report(verdicts))
    return stop.signal.aborted || verdicts.some((verdict) => word(verdict) === 'VIOLATED') ? 1 : 0
  } catch (error) {
    show(`npm run test:faults: ${(error as Error).message}`)
    return error instanceof UsageError ? 2 : 1
  }
}
