import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { addExamples, wholeNumber } from '../../cli/command.ts'
import { print, say } from '../../cli/output.ts'
import { corruptionDrill } from './corruption.ts'
import { deletionDrill } from './deletion.ts'
import { recordSteps, stepTable } from './steps.ts'

const DEFAULT_POINTS = 200_000
const MOST_POINTS = 20_000_000
const drills = { deletion: deletionDrill, corruption: corruptionDrill }
const names = ['deletion', 'corruption'] as const

const DRILLS = `
Drills:
  deletion    a tenant's points are deleted: restore to the moment before, bring them back
  corruption  a page is damaged on disk: restore everything that was archived`

/** Describes `penstock drill`. */
export function describeCommand(command: Command): void {
  command
    .argument('[names...]', 'only these drills', readName)
    .option(
      '--points <n>',
      'points stored before and again after the backup',
      wholeNumber(1, MOST_POINTS),
      DEFAULT_POINTS,
    )
    .addHelpText('after', DRILLS)
    .action(async (wanted, { points }) => {
      for (const name of wanted ?? names) await practise(name, points)
    })
  addExamples(command, 'penstock drill', 'penstock drill deletion --points 50000')
}

type Name = (typeof names)[number]

function readName(text: string, read: readonly Name[] | undefined): readonly Name[] {
  const name = names.find((one) => one === text)
  if (name === undefined) throw new InvalidArgumentError(`The drills are: ${names.join(', ')}.`)
  return [...(read ?? []), name]
}

async function practise(name: Name, points: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-drill-'))
  // The server runs as another user when root runs this.
  chmodSync(folder, 0o755)
  const steps = recordSteps({ show: say, elapsed: () => performance.now() })
  try {
    await drills[name](steps, { folder, points })
    print(`${name}: restored and proved\n\n${stepTable(steps.done)}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
