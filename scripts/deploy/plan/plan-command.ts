import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { print } from '../../cli/output.ts'
import { JSON_OPTION } from '../../cli/records.ts'
import { rootFolder } from '../../cli/state.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { withTables } from './cost-table.ts'
import { planFor } from './model.ts'
import { reportOf } from './report.ts'

const NOTE = `
It computes and asks nobody: sizes from what was measured (docs/benchmarks.md), costs from scripts/deploy/plan/prices.json.`

/** Reads a number that is at least `least`. */
const atLeast =
  (least: number) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < least || value > 1e9)
      throw new UsageError(`${text} is not a number from ${least} to 1,000,000,000`)
    return value
  }

/** Describes `penstock plan`. */
export function describeCommand(command: Command): void {
  command
    .option('--points-per-second <n>', 'points that are written, on average', atLeast(0), 0)
    .option('--series <n>', 'series that have points at the same time', atLeast(0), 100)
    .option('--tenants <n>', 'tenants that they belong to', atLeast(1), 1)
    .option('--batch <n>', 'points in one request', atLeast(1), 500)
    .option('--hot-days <n>', 'days in the database', atLeast(1), 90)
    .option('--cold-days <n>', 'days in the archive', atLeast(0), 365)
    .option('--queries-per-second <n>', 'questions, on average', atLeast(0), 0)
    .option('--ha', 'with a standby in another zone')
    .option('--write', 'write the tables of costs into docs/deploy.md instead')
    .option(...JSON_OPTION)
    .addHelpText('after', NOTE)
    .action(({ json, ha, write, ...given }) => {
      if (write === true) return writeTables()
      const plan = planFor({ ...given, hasStandby: ha === true })
      print(json === true ? JSON.stringify(plan, undefined, 2) : reportOf(plan))
    })
  addExamples(
    command,
    'penstock plan',
    'penstock plan --points-per-second 5000 --series 20000 --tenants 12 --batch 500 --queries-per-second 20 --ha',
  )
}

const PAGE = join(rootFolder, 'docs/deploy.md')

function writeTables(): void {
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8')))
  print('wrote docs/deploy.md')
}
