import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { inLine, print } from '../../cli/output.ts'
import { JSON_OPTION } from '../../cli/records.ts'
import { withEveryTenant } from '../erase/session.ts'
import { reconcile } from './reconcile.ts'

/** Adds `penstock archive reconcile`. */
export function addReconciling(archive: Command): void {
  const reconciling = archive
    .command('reconcile')
    .description('Compares the records with storage after a restore of the database; archiving waits for it.')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nIt needs the database and the bucket, like penstock erase. Ends with 1 when an object is missing for good.',
    )
    .action(run)
  addExamples(reconciling, 'penstock archive reconcile')
}

async function run({ json }: { readonly json?: true | undefined }): Promise<void> {
  const results = await withEveryTenant(process.env, async (deps) => await reconcile(deps))
  const told = results.filter(({ done }) => done !== 'same')
  const missing = results.filter(({ done }) => done === 'missing').length
  if (json) print(JSON.stringify(told))
  else {
    for (const { name, done, detail } of told) print(`${inLine(name)}: ${done}: ${inLine(detail)}`)
    print(`${results.length} objects compared, ${told.length - missing} settled, ${missing} missing`)
  }
  if (missing > 0) process.exitCode = 1
}
