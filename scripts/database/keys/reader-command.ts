import { randomBytes } from 'node:crypto'
import type { Command } from '@commander-js/extra-typings'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { addExamples, wholeNumber } from '../../cli/command.ts'
import { print, say } from '../../cli/output.ts'
import { JSON_OPTION, printRecords } from '../../cli/records.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { withAdminClient } from '../admin-client.ts'
import { createIamReader, createReader, dropReader, listReaders } from './readers.ts'
import { addSecretVersion, requireSecretName, secretDepsOf } from './secret-store.ts'

const TIERS = Object.keys(budget.tiers)

/** Describes `penstock reader`. A password goes to stdout alone, everything else to stderr. */
export function describeCommand(reader: Command): void {
  const create = reader
    .command('create')
    .description('Creates a login that only reads one tenant; for a tenant that has one, a new password.')
    .requiredOption('--tenant <name>', 'the tenant that it reads')
    .option('--connections <n>', 'connections that it may open at a time', wholeNumber(1, 999), 2)
    .option('--to-secret <name>', 'adds the password to this secret in Secret Manager instead of printing it')
    .option(
      '--iam <user>',
      'a user of the Cloud SQL instance reads by its token; a service account without .gserviceaccount.com',
    )
    .action(createOne)
  create.addHelpText('after', `\nTIER=${TIERS.join('|')}: the connection budget to stay within (default standard)`)
  addExamples(create, 'penstock reader create --tenant acme', 'penstock reader create --tenant acme --connections 4')
  const list = reader
    .command('list')
    .description('Lists the logins with their connections.')
    .option(...JSON_OPTION)
    .action(listAll)
  addExamples(list, 'penstock reader list')
  const drop = reader
    .command('drop')
    .description("Drops a tenant's login.")
    .requiredOption('--tenant <name>', 'the tenant')
    .action(async ({ tenant }) =>
      say(`${await withAdminClient(async (client) => await dropReader(client, tenant))} is dropped`),
    )
  addExamples(drop, 'penstock reader drop --tenant acme')
  addExamples(reader, 'penstock reader create --tenant acme', 'penstock reader list')
}

interface CreateOptions {
  readonly tenant: string
  readonly connections: number
  readonly iam?: string | undefined
  readonly toSecret?: string | undefined
}

async function createOne({ tenant, connections, iam, toSecret: secret }: CreateOptions): Promise<void> {
  const tier = (process.env['TIER'] ?? 'standard') as Tier
  if (!TIERS.includes(tier)) throw new UsageError(`TIER is ${tier}, but must be one of ${TIERS.join(', ')}`)
  if (iam !== undefined) {
    if (secret !== undefined) throw new UsageError('--iam has no password: leave out --to-secret')
    const wanted = { tenant, connections }
    const made = await withAdminClient(
      async (client) => await createIamReader({ client, budget, tier, randomBytes }, wanted, iam),
    )
    say(`${made.login} reads ${tenant} by its token, on ${connections} connections`)
    return
  }
  if (secret !== undefined) requireSecretName(secret)
  else if (process.env['CLOUD_RUN_JOB'] !== undefined)
    throw new UsageError('standard output is a log here, which must not hold a password: give --to-secret NAME')
  const secrets = secret === undefined ? undefined : secretDepsOf(process.env)
  const { login, password } = await withAdminClient(
    async (client) => await createReader({ client, budget, tier, randomBytes }, { tenant, connections }),
  )
  if (secret === undefined || secrets === undefined) {
    say(`${login} reads ${tenant}, on ${connections} connections. Its password is shown once:`)
    print(password)
    return
  }
  // When this fails, nobody has the password; repeating the command makes another one.
  const version = await addSecretVersion(secrets, secret, password)
  say(`${login} reads ${tenant}, on ${connections} connections. Its password is in ${version}`)
}

async function listAll({ json }: { readonly json?: boolean | undefined }): Promise<void> {
  printRecords(await withAdminClient(listReaders), {
    json,
    head: ['login', 'tenant', 'connections', 'open'],
    row: ({ login, tenant, connections, open }) => [login, tenant, String(connections), String(open)],
  })
}
