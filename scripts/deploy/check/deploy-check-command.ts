import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from '@commander-js/extra-typings'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { addExamples, matching } from '../../cli/command.ts'
import { print } from '../../cli/output.ts'
import { JSON_OPTION } from '../../cli/records.ts'
import { rootFolder } from '../../cli/state.ts'
import { withAdminClient } from '../../database/admin-client.ts'
import type { Manifest } from '../build.ts'
import { openRest } from '../google/rest.ts'
import { runProgram, tokenSource } from '../google/token.ts'
import { imagesOf } from '../image-digests.ts'
import { checklist, runChecks, type Target } from './check.ts'
import { databaseChecks } from './database-checks.ts'
import { offlineChecks } from './offline-checks.ts'
import { projectChecks } from './project-checks.ts'
import { suiteChecks } from './suite-checks.ts'

const NO_CREDENTIALS = `
Without credentials (gcloud auth login, or GOOGLE_OAUTH_ACCESS_TOKEN) only this machine and this checkout are checked.`

/** Describes `penstock deploy-check`. The forms are those that terraform/variables.tf asks for: requests to Google are made from them. */
export function describeCommand(command: Command): void {
  command
    .requiredOption(
      '--project <id>',
      'the Google Cloud project',
      matching(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'a project id'),
    )
    .requiredOption(
      '--region <name>',
      'the region',
      matching(/^[a-z]+-[a-z]+[0-9]{1,2}$/, 'a region, such as europe-west1'),
    )
    .addOption(
      new Option('--tier <tier>', 'the connection budget')
        .choices(Object.keys(budget.tiers) as Tier[])
        .default('small' as const),
    )
    .option(
      '--prefix <name>',
      'prefix of the deployed suite',
      matching(/^[a-z][a-z0-9]{1,7}$/, 'a name_prefix'),
      'penstock',
    )
    .option(...JSON_OPTION)
    .addHelpText('after', NO_CREDENTIALS)
    .action(check)
  addExamples(command, 'penstock deploy-check --project acme-prod --region europe-west1 --tier standard')
}

async function check({ json, ...target }: Target & { readonly json?: boolean | undefined }): Promise<void> {
  const rest = openRest({ token: tokenSource({ env: process.env, run: runProgram }), fetch })
  const local = { manifest: readManifest(), images: imagesOf(rootFolder) }
  const offline = { plan: budget, nodeVersion: process.version, run: runProgram, ...local }
  const checks = [
    ...offlineChecks(offline, target),
    ...projectChecks(rest, target),
    ...suiteChecks(rest, target),
    ...databaseChecks(process.env['DATABASE_URL'] === undefined ? undefined : withAdminClient, target),
  ]
  const lines = await runChecks(checks, target)
  print(json === true ? JSON.stringify(lines) : checklist(lines))
  if (lines.some(({ finding }) => finding.state === 'failed')) process.exitCode = 1
}

function readManifest(): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(rootFolder, 'dist', 'manifest.json'), 'utf8')) as Manifest
  } catch {
    return undefined
  }
}
