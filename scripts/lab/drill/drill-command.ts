import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { print, say } from '../../cli/output.ts'
import { corruptionDrill } from './corruption.ts'
import { deletionDrill } from './deletion.ts'
import { recordSteps, stepTable } from './steps.ts'

const USAGE = `usage: npm run drill -- [deletion] [corruption] [--points N]

  deletion    a tenant's points are deleted: restore to the moment before, bring them back
  corruption  a page is damaged on disk: restore everything that was archived
  --points N  stored before and again after the backup (default 200000)`

const DEFAULT_POINTS = 200_000
const MOST_POINTS = 20_000_000
const drills = { deletion: deletionDrill, corruption: corruptionDrill }

export async function drillCommand(args: string[]): Promise<number> {
  let wanted: { names: (keyof typeof drills)[]; points: number }
  try {
    wanted = readArguments(args)
  } catch (error) {
    say(`drill: ${(error as Error).message}\n${USAGE}`)
    return 2
  }
  try {
    for (const name of wanted.names) await practise(name, wanted.points)
    return 0
  } catch (error) {
    say(`drill: ${(error as Error).message}`)
    return 1
  }
}

function readArguments(args: string[]): { names: (keyof typeof drills)[]; points: number } {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { points: { type: 'string', default: String(DEFAULT_POINTS) } },
  })
  const all = Object.keys(drills) as (keyof typeof drills)[]
  const unknown = positionals.find((name) => !(all as string[]).includes(name))
  if (unknown !== undefined) throw new Error(`there is no drill ${unknown}`)
  const points = Number(values.points)
  if (!Number.isInteger(points) || points < 1 || points > MOST_POINTS)
    throw new Error(`--points takes a whole number from 1 to ${MOST_POINTS}, not ${values.points}`)
  return { names: all.filter((name) => positionals.length === 0 || positionals.includes(name)), points }
}

async function practise(name: keyof typeof drills, points: number): Promise<void> {
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
