import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { print, say } from '../../cli/output.ts'
import { textTable } from '../../cli/text-table.ts'
import { withAdminClient } from '../admin-client.ts'
import { createIamReader, createReader, dropReader, listReaders } from './readers.ts'
import { addSecretVersion, requireSecretName, secretDepsOf } from './secret-store.ts'

const USAGE = `usage: npm run --silent reader -- create --tenant NAME [--connections 2] [--to-secret SECRET]
       npm run --silent reader -- create --tenant NAME --iam USER [--connections 2]
       npm run --silent reader -- list
       npm run --silent reader -- drop --tenant NAME
create for a tenant that has a reader gives it another password
--iam: a user of the Cloud SQL instance reads instead, by its token; a service account without .gserviceaccount.com
TIER=${Object.keys(budget.tiers).join('|')}: whose budget of connections is kept`

/** A command line that makes no sense. */
class UsageError extends Error {}

export async function readerCommand(args: string[]): Promise<void> {
  try {
    await run(args)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const misused = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS') === true
    say(misused ? `reader: ${message}\n${USAGE}` : `reader: ${message}`)
    process.exitCode = misused ? 2 : 1
  }
}

async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      tenant: { type: 'string' },
      connections: { type: 'string' },
      'to-secret': { type: 'string' },
      iam: { type: 'string' },
    },
  })
  const { tenant, ...options } = values
  const [command, ...rest] = positionals
  if (rest.length > 0) throw new UsageError(`cannot ${positionals.join(' ')}`)
  if (command === 'create' && tenant !== undefined) return await create(tenant, options.connections ?? '2', options)
  if (Object.keys(options).length > 0) throw new UsageError('these options belong to create')
  if (command === 'list' && tenant === undefined) return await list()
  if (command === 'drop' && tenant !== undefined) return await drop(tenant)
  throw new UsageError('create and drop want a tenant, list wants none')
}

async function create(
  tenant: string,
  count: string,
  { iam, 'to-secret': secret }: { iam?: string; 'to-secret'?: string },
): Promise<void> {
  const connections = Number(count)
  if (!/^[1-9]\d{0,2}$/.test(count)) throw new UsageError('a reader has 1 to 999 connections')
  const tier = (process.env['TIER'] ?? 'standard') as Tier
  if (!(tier in budget.tiers)) throw new UsageError(`there is no tier ${tier}`)
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
    throw new UsageError('here stdout is a log: say --to-secret SECRET')
  const secrets = secret === undefined ? undefined : secretDepsOf(process.env)
  const { login, password } = await withAdminClient(
    async (client) => await createReader({ client, budget, tier, randomBytes }, { tenant, connections }),
  )
  if (secret === undefined || secrets === undefined) {
    say(`${login} reads ${tenant}, on ${connections} connections. Its password is shown once:`)
    print(password)
    return
  }
  // Where this fails, nobody has the password; the command said again makes another.
  const version = await addSecretVersion(secrets, secret, password)
  say(`${login} reads ${tenant}, on ${connections} connections. Its password is in ${version}`)
}

async function list(): Promise<void> {
  const readers = await withAdminClient(listReaders)
  const rows = readers.map(({ login, tenant, connections, open }) => [login, tenant, String(connections), String(open)])
  print(textTable(['login', 'tenant', 'connections', 'open'], rows))
}

async function drop(tenant: string): Promise<void> {
  say(`${await withAdminClient(async (client) => await dropReader(client, tenant))} is gone`)
}
