// penstock alerts: the rules that watch the suite itself.
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { say } from '../../cli/output.ts'
import { withAdminClient } from '../../database/admin-client.ts'
import { addDefaultRules, defaultRules } from './default-rules.ts'

/** Describes `penstock alerts`. */
export function describeCommand(alerts: Command): void {
  const defaults = alerts
    .command('defaults')
    .description('Adds the rules that watch the suite itself to its own tenant. A rule that is there stays as it is.')
    .action(async () => {
      const added = await withAdminClient(async (client) => await addDefaultRules(client))
      for (const name of added) say(`added  ${name}`)
      say(`${added.length} of ${defaultRules.length} rules were added; the others were there.`)
    })
  addExamples(defaults, 'penstock alerts defaults')
  addExamples(alerts, 'penstock alerts defaults')
}
