import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { addExamples } from '../../cli/command.ts'
import { print, say as show } from '../../cli/output.ts'
import { stateFolder } from '../../cli/state.ts'
import { stopSignal } from '../../cli/stop.ts'
import { textTable } from '../../cli/text-table.ts'
import { takeLock } from '../../local/lock.ts'
import { barTable } from './bars.ts'
import { experiments, rowsWanted, selectExperiments } from './catalogue.ts'
import { type Dataset, loadDataset } from './dataset.ts'
import type { Bench, Experiment } from './experiment.ts'
import { startLoadGenerator } from './load.ts'
import { benchTable } from './report.ts'
import type { Row } from './row.ts'
import { openStage, type Stage } from './stage.ts'

/** The default set takes seven minutes. */
const TURNS = { rounds: 4, sliceMs: 2_500, warmUpMs: 2_000 }

interface Options {
  readonly json?: string | undefined
  readonly profiles?: string | undefined
  readonly list?: true | undefined
}

/** Describes `penstock bench`. */
export function describeCommand(command: Command): void {
  command
    .argument(
      '[names...]',
      'only these, or groups of them (ingest, query, cold-start); default: all that are not heavy',
    )
    .option('--json <file>', 'writes the rows as JSON too')
    .option('--profiles <folder>', 'has the functions leave CPU profiles there, which lowers their figures')
    .option('--list', 'lists the names')
    .action(async (names, options) => {
      const signal = stopSignal()
      try {
        if (options.list === true) print(listed())
        else process.exitCode = await run(names, options, signal)
      } catch (error) {
        if (!signal.aborted) throw error
        process.exitCode = 130
      }
    })
  addExamples(command, 'penstock bench --list', 'penstock bench ingest --json rows.json')
}

function listed(): string {
  const rows = experiments.flatMap(({ names, what, isHeavy }) =>
    names.map((name) => [name, isHeavy ? 'by name' : 'default', what]),
  )
  return textTable(['name', 'runs', 'what'], rows)
}

/** Runs, prints, and resolves with the exit code: 1 when a request failed or an acknowledged point is missing. The bars do not count. */
async function run(names: readonly string[], options: Options, signal: AbortSignal): Promise<number> {
  const selected = selectExperiments(names)
  const begun = performance.now()
  const folder = join(stateFolder, 'bench')
  mkdirSync(folder, { recursive: true })
  const release = takeLock(folder, 'penstock bench')
  const parts = new AsyncDisposableStack()
  parts.defer(() => release())
  try {
    const { rows, failed } = await measure({ names, profiles: options.profiles, signal }, folder, parts, selected)
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`)
    print(`${benchTable(rows)}\n\n${barTable(rows)}`)
    show(`${selected.length} experiments in ${Math.round((performance.now() - begun) / 1000)} s`)
    return failed || rows.some((row) => row.errors > 0) ? 1 : 0
  } finally {
    await parts.disposeAsync()
  }
}

interface Wanted {
  readonly names: readonly string[]
  readonly profiles: string | undefined
  readonly signal: AbortSignal
}

interface Measurements {
  readonly rows: readonly Row[]
  /** True when an experiment could not be run. */
  readonly failed: boolean
}

async function measure(
  { names, profiles, signal }: Wanted,
  folder: string,
  parts: AsyncDisposableStack,
  selected: readonly Experiment[],
): Promise<Measurements> {
  show('starting PostgreSQL and the functions')
  const profileFolder = profiles === undefined ? undefined : resolve(profiles)
  const stage = await openStage({ folder, own: process.env, profiles: profileFolder, show }, parts)
  const load = startLoadGenerator(show)
  parts.defer(() => load.close())
  let dataset: Promise<Dataset> | undefined
  const others = new Map<Tier, Promise<Stage>>()
  const stageOf = async (tier: Tier): Promise<Stage> => {
    if (tier === 'standard') return stage
    const opened =
      others.get(tier) ??
      openStage({ folder: join(folder, tier), tier, own: process.env, profiles: profileFolder, show }, parts)
    others.set(tier, opened)
    return await opened
  }
  const bench: Bench = {
    stage,
    stageOf,
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
