import { spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import { inLine, print, say } from '../../cli/output.ts'
import { readLocalSuite, rootFolder } from '../../cli/state.ts'
import { type Answers, askAll, differenceOf } from './answers.ts'
import { bringBack, latePoint, runUntilDone } from './operations.ts'

const USAGE = `usage: npm run history -- FILE.csv…

  imports the files into the suite that runs in this checkout, rolls up, archives, brings a month back, archives it again and
  sends late points; asks every series in every way before and after each, and ends with 1 when an answer is another`

export async function historyCommand(args: string[]): Promise<void> {
  try {
    process.exitCode = await main(args)
  } catch (error) {
    say(`history: ${(error as Error).message}`)
    process.exitCode = 1
  }
}

async function main(files: readonly string[]): Promise<number> {
  const suite = readLocalSuite()
  if (files.length === 0 || files.some((file) => file.startsWith('-')) || !suite) {
    say(suite ? USAGE : 'history: no suite runs in this checkout: npm start')
    return 2
  }
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
  await runUntilDone(suite, 'rollups/run')
  await compare('rolled up', before)
  await runUntilDone(suite, 'retention/run')
  await compare('archived', before)
  const month = await bringBack(suite)
  await compare(`${month} brought back`, before)
  await runUntilDone(suite, 'rollups/run')
  await runUntilDone(suite, 'retention/run')
  await compare(`${month} archived again`, before)

  const late = await latePoint(suite, services)
  const corrected = await askAll(suite, services)
  const changed = differenceOf(before, corrected).length
  print(
    `a late point of ${late.service}: ${changed} answers are others, ${pointsOf(corrected) - pointsOf(before)} point more`,
  )
  await runUntilDone(suite, 'rollups/run')
  await runUntilDone(suite, 'retention/run')
  await compare('archived with it', corrected)
  return differences === 0 && pointsOf(corrected) === pointsOf(before) + 1 ? 0 : 1
}

function serviceOf(file: string): string {
  return `history/${basename(file, '.csv')}`
}

function importFile(file: string): void {
  const command = [join(rootFolder, 'scripts', 'import.ts'), file, '--service', serviceOf(file)]
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 600_000 })
  if (status !== 0) throw new Error(`${file} was not imported: ${stderr}`)
}

/** Returns the number of points on all pages. */
function pointsOf(answers: Answers): number {
  return [...answers.values()].reduce((sum, { points }) => sum + points, 0)
}
