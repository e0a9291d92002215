import { spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { inLine, print } from '../../cli/output.ts'
import { readLocalSuite, rootFolder } from '../../cli/state.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { type Answers, askAll, differenceOf } from './answers.ts'
import { bringBack, latePoint, runUntilDone } from './operations.ts'

const STEPS = `
Imports the files into the suite of this checkout, compacts, archives, brings a month back, archives it again and sends late points.
Asks for every series in every way before and after each step, and ends with 1 when an answer changes.`

/** Describes `penstock history`. */
export function describeCommand(command: Command): void {
  command
    .argument('<files...>', 'CSV files')
    .addHelpText('after', STEPS)
    .action(async (files) => void (process.exitCode = await replay(files)))
  addExamples(command, 'penstock history boiler.csv weather.csv')
}

async function replay(files: readonly string[]): Promise<number> {
  const suite = readLocalSuite()
  if (!suite) throw new UsageError('no suite is running in this checkout. Start it: npm start')
  for (const file of files) importFile(file)
  const services = files.map(serviceOf)
  const before = await askAll(suite, services)
  print(`${files.length} files, ${before.size} questions, ${pointsOf(before)} points`)

  let differences = 0
  const compare = async (what: string, expected: Answers): Promise<void> => {
    const after = await askAll(suite, services)
    const found = differenceOf(expected, after)
    differences += found.length
    const sources = [...new Set([...after.values()].map(({ source }) => source))].toSorted()
    print(`${what}: ${found.length} of ${after.size} answers differ (read from ${sources.join(' | ')})`)
    for (const one of found.slice(0, 5)) print(`  ${inLine(one)}`)
  }
  await runUntilDone(suite, 'compaction/run', { all: true })
  await compare('compacted', before)
  await runUntilDone(suite, 'retention/run')
  await compare('archived', before)
  const month = await bringBack(suite)
  await compare(`${month} brought back`, before)
  await runUntilDone(suite, 'compaction/run', { all: true })
  await runUntilDone(suite, 'retention/run')
  await compare(`${month} archived again`, before)

  const late = await latePoint(suite, services)
  const corrected = await askAll(suite, services)
  const changed = differenceOf(before, corrected).length
  print(
    `a late point of ${late.service}: ${changed} answers are others, ${pointsOf(corrected) - pointsOf(before)} point more`,
  )
  await runUntilDone(suite, 'compaction/run', { all: true })
  await runUntilDone(suite, 'retention/run')
  await compare('archived with it', corrected)
  return differences === 0 && pointsOf(corrected) === pointsOf(before) + 1 ? 0 : 1
}

function serviceOf(file: string): string {
  return `history/${basename(file, '.csv')}`
}

function importFile(file: string): void {
  const command = [join(rootFolder, 'scripts', 'penstock.ts'), 'import', file, '--service', serviceOf(file)]
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 600_000 })
  if (status !== 0) throw new Error(`${file} was not imported: ${stderr}`)
}

/** Returns the number of points on all pages. */
function pointsOf(answers: Answers): number {
  return [...answers.values()].reduce((sum, { points }) => sum + points, 0)
}
