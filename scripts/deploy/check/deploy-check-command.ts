import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { print, say } from '../../cli/output.ts'
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

const USAGE = `usage: npm run deploy:check -- --project P --region R [--tier ${Object.keys(budget.tiers).join('|')}] [--prefix NAME]

  --tier T       of the connection budget (default small)
  --prefix NAME  of the deployed suite (default penstock)

Without credentials (gcloud auth login, or GOOGLE_OAUTH_ACCESS_TOKEN) only this machine and this checkout are looked at.`

export async function deployCheckCommand(args: string[]): Promise<number> {
  let target: Target
  try {
    target = readTarget(args)
  } catch (error) {
    say(`deploy:check: ${(error as Error).message}\n${USAGE}`)
    return 2
  }
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
  print(checklist(lines))
  return lines.some(({ finding }) => finding.state === 'failed') ? 1 : 0
}

function readTarget(args: string[]): Target {
  const { values } = parseArgs({
    args,
    options: {
      project: { type: 'string' },
      region: { type: 'string' },
      tier: { type: 'string', default: 'small' },
      prefix: { type: 'string', default: 'penstock' },
    },
  })
  const { project, region, tier, prefix } = values
  if (project === undefined || region === undefined) throw new Error('--project and --region are needed')
  // As terraform/variables.tf checks them; what is asked of Google is made from these.
  if (!/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(project)) throw new Error(`${project} is not a project id`)
  if (!/^[a-z]+-[a-z]+[0-9]{1,2}$/.test(region)) throw new Error(`${region} is not a region`)
  if (!/^[a-z][a-z0-9]{1,7}$/.test(prefix)) throw new Error(`${prefix} is not a name_prefix`)
  if (!(tier in budget.tiers)) throw new Error(`there is no tier ${tier}`)
  return { project, region, tier: tier as Tier, prefix }
}

function readManifest(): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(rootFolder, 'dist', 'manifest.json'), 'utf8')) as Manifest
  } catch {
    return undefined
  }
}
