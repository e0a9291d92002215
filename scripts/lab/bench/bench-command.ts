import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { print, say as show } from '../../cli/output.ts'
import { stateFolder } from '../../cli/state.ts'
import { textTable } from '../../cli/text-table.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { takeLock } from '../../local/lock.ts'
import { type Arguments, readArguments, USAGE } from './arguments.ts'
import { barTable } from './bars.ts'
import { experiments, rowsWanted, selectExperiments } from './catalogue.ts'
import { type Dataset, loadDataset } from './dataset.ts'
import type { Bench, Experiment } from './experiment.ts'
import { startLoadGenerator } from './load.ts'
import { benchTable } from './report.ts'
import type { Row } from './row.ts'
import { openStage } from './stage.ts'

/** The default set takes seven minutes. */
const TURNS = { rounds: 4, sliceMs: 2_500, warmUpMs: 2_000 }

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())

export async function benchCommand(args: string[]): Promise<number> {
  try {
    const options = readArguments(args)
    if (options.help) print(USAGE)
    else if (options.list) print(listed())
    else return await run(options)
    return 0
  } catch (error) {
    if (stop.signal.aborted) return 130
    show(`bench: ${(error as Error).message}`)
    return error instanceof UsageError ? 2 : 1
  }
}

function listed(): string {
  const rows = experiments.flatMap(({ names, what, isHeavy }) =>
    names.map((name) => [name, isHeavy ? 'by name' : 'default', what]),
  )
  return textTable(['name', 'runs', 'what'], rows)
}

/** Runs, prints, and returns the exit code: 1 when a request failed or an acknowledged point is missing. Bars do not affect it. */
async function run(options: Arguments): Promise<number> {
  const selected = selectExperiments(options.names)
  const begun = performance.now()
  const folder = join(stateFolder, 'bench')
  mkdirSync(folder, { recursive: true })
  const release = takeLock(folder, 'npm run bench')
  const parts = new AsyncDisposableStack()
  parts.defer(() => release())
  try {
    const { rows, failed } = await measure(options, folder, parts, selected)
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`)
    print(`${benchTable(rows)}\n\n${barTable(rows)}`)
    show(`${selected.length} experiments in ${Math.round((performance.now() - begun) / 1000)} s`)
    return failed || rows.some((row) => row.errors > 0) ? 1 : 0
  } finally {
    await parts.disposeAsync()
  }
}

interface Measurements {
  readonly rows: readonly Row[]
  /** True when an experiment could not be run. */
  readonly failed: boolean
}

async function measure(
  { names, profiles }: Arguments,
  folder: string,
  parts: AsyncDisposableStack,
  selected: readonly Experiment[],
): Promise<Measurements> {
  show('starting PostgreSQL and the functions')
  const profileFolder = profiles === undefined ? undefined : resolve(profiles)
  const stage = await openStage({ folder, own: process.env, profiles: profileFolder, show }, parts)
  const load = startLoadGenerator(show)
  parts.defer(() => load.close())
  const { signal } = stop
  let dataset: Promise<Dataset> | undefined
  const bench: Bench = {
    stage,
    load,
    turns: { ...TURNS, signal },
    dataset: () => (dataset ??= loadDataset(stage, { show, signal })),
  }
  const rows: Row[] = []
  let failed = false
  for (const experiment of selected) {
    show(`${experiment.names[0]}: ${experiment.what}`)
    try {
      rows.push(...(await experiment.run(bench, rowsWanted(experiment, names))))
    } catch (error) {
      signal.throwIfAborted()
      show(`  failed: ${(error as Error).message}`)
      failed = true
    }
  }
  show(`the load generator used ${load.coresUsed().toFixed(2)} of a core at most`)
  return { rows, failed }
}
