// npm run test:faults: functions, server and network fail under load, and then the tables are asked for all that was acknowledged.
import { readArguments, usage } from './faults/arguments.ts'
import { catalogue } from './faults/catalogue.ts'
import { report, word } from './faults/report.ts'
import { runFaults } from './faults/run.ts'
import { print, say as show } from './output.ts'
import { UsageError } from './usage-error.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())

process.exit(await main())

async function main(): Promise<number> {
  try {
    const wanted = readArguments(process.argv.slice(2), catalogue)
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
