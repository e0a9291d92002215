import { promisify } from 'node:util'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { print, say } from '../../cli/output.ts'
import { count } from '../../cli/progress-bar.ts'
import { openAdminDatabase } from '../../database/admin-database.ts'
import { OWNER } from '../../database/roles.ts'
import { type MoveDeps, moveLimits } from './move-deps.ts'
import { describeMove, movePoints } from './move-points.ts'
import { describeRunning } from './older-transactions.ts'

/** The exit code when rows are left, because older transactions may read them. */
const HELD_BACK = 3

/** Describes `penstock move`. */
export function describeCommand(command: Command): void {
  command
    .option('--status', 'says how far the move has come, and changes nothing')
    .addHelpText(
      'after',
      '\nFunctions write and read during the move. An interrupted move continues with the next call: see docs/move.md.',
    )
    .action(move)
  addExamples(command, 'penstock move --status', 'penstock move')
}

async function move({ status }: { readonly status?: true | undefined }): Promise<void> {
  const db = await openAdminDatabase({ role: OWNER, statementTimeoutMs: 0 })
  const deps: MoveDeps = { db, pause: promisify(setTimeout), say, now: Date.now, limits: moveLimits }
  try {
    if (status === true) return print(describe(await describeMove(deps)))
    const { points, months, waiting } = await movePoints(deps)
    print(`${count(points)} points of ${months} months moved; all points are in log and chunks`)
    if (waiting.length > 0) {
      say(
        `The rows of ${waiting.join(', ')} are not dropped yet, because transactions that began before may read them (${await describeRunning(db)}). Repeat the command later.`,
      )
      process.exitCode = HELD_BACK
    }
  } finally {
    await db.close()
  }
}

function describe({ isSwitched, left }: Awaited<ReturnType<typeof describeMove>>): string {
  if (!isSwitched) return 'Points are rows: the move has not begun.'
  return left === 0 ? 'All points are in log and chunks.' : `New points are in the log; ${left} months are still rows.`
}
