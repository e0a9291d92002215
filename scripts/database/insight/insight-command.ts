// The commands of `penstock migrate insight-views`.
import { randomBytes } from 'node:crypto'
import type { Command } from '@commander-js/extra-typings'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { addExamples } from '../../cli/command.ts'
import { print, say } from '../../cli/output.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { withAdminClient } from '../admin-client.ts'
import { addSecretVersion, requireSecretName, secretDepsOf } from '../keys/secret-store.ts'
import { dropInsightViews, makeInsightViews } from './insight-views.ts'

/** Describes `penstock migrate insight-views`. The password goes to stdout alone, everything else to stderr. */
export function addInsightCommands(views: Command): void {
  views
    .option('--tenant <name>', 'the tenant whose rows the views show', 'default')
    .option('--to-secret <name>', 'adds the password to this secret in Secret Manager instead of printing it')
    .option('--drop', 'removes the views and their login')
    .action(async ({ tenant, toSecret: secret, drop }) => {
      if (drop === true) {
        await withAdminClient(async (client) => await dropInsightViews({ client }))
        say('the views and their login are dropped')
        return
      }
      await makeViews(tenant, secret)
    })
  addExamples(views, 'penstock migrate insight-views', 'penstock migrate insight-views --drop')
}

async function makeViews(tenant: string, secret: string | undefined): Promise<void> {
  const tier = (process.env['TIER'] ?? 'standard') as Tier
  if (!(tier in budget.tiers))
    throw new UsageError(`TIER is ${tier}, but must be one of ${Object.keys(budget.tiers).join(', ')}`)
  if (secret !== undefined) requireSecretName(secret)
  else if (process.env['CLOUD_RUN_JOB'] !== undefined)
    throw new UsageError('standard output is a log here, which must not hold a password: give --to-secret NAME')
  const secrets = secret === undefined ? undefined : secretDepsOf(process.env)
  const { login, password } = await withAdminClient(
    async (client) => await makeInsightViews({ client, budget, tier, randomBytes }, tenant),
  )
  if (secret === undefined || secrets === undefined) {
    say(`${login} has the tables of the insight service over ${tenant}. Its password is shown once:`)
    print(password)
    return
  }
  const version = await addSecretVersion(secrets, secret, password)
  say(`${login} has the tables of the insight service over ${tenant}. Its password is in ${version}`)
}
