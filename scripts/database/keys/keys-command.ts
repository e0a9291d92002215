import { randomBytes } from 'node:crypto'
import type { Command } from '@commander-js/extra-typings'
import { checksumKeyOf } from '../../cli/checksum-key.ts'
import { addExamples } from '../../cli/command.ts'
import { print, say } from '../../cli/output.ts'
import { JSON_OPTION, printRecords } from '../../cli/records.ts'
import { readLocalSuite } from '../../cli/state.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { withAdminClient } from '../admin-client.ts'
import { createKeyInSecret } from './key-hand-over.ts'
import { createKey, type KeyDeps, listKeys, type NewKey, revokeKey } from './key-store.ts'
import { requireSecretName, type SecretDeps, secretDepsOf } from './secret-store.ts'

/** Describes `penstock keys`. A new key goes to stdout alone, everything else to stderr. */
export function describeCommand(keys: Command): void {
  const create = keys
    .command('create')
    .description('Creates an API key and prints it, alone, on stdout. It is shown once.')
    .option('--tenant <name>', 'the tenant that the key belongs to; a new tenant is created')
    .option('--platform', 'a key of the platform instead of a tenant')
    .option('--scopes <list>', 'scopes, separated by commas: metrics:read,metrics:write', '')
    .option('--expires-in-days <days>', 'days until the key expires (default: it does not expire)')
    .option('--to-secret <name>', 'adds the key to this secret in Secret Manager instead of printing it')
    .action(createOne)
  addExamples(
    create,
    'penstock keys create --tenant acme --scopes metrics:read,metrics:write',
    'penstock keys create --platform --scopes operate --expires-in-days 30',
  )
  const user = keys
    .command('user')
    .description("Prints a user's token, valid for an hour, of the local suite's own issuer.")
    .requiredOption('--tenant <name>', "the user's tenant")
    .requiredOption('--subject <who>', 'the user, as in the `sub` claim')
    .action(userToken)
  addExamples(user, 'penstock keys user --tenant default --subject ann')
  const list = keys
    .command('list')
    .description('Lists keys without their secrets.')
    .option(...JSON_OPTION)
    .action(listAll)
  addExamples(list, 'penstock keys list --json')
  const revoke = keys.command('revoke').argument('<id>').description('Revokes a key by its id.').action(revokeOne)
  addExamples(revoke, 'penstock keys revoke 4f9Kq2mZ7abc')
  addExamples(keys, 'penstock keys create --tenant acme --scopes metrics:write', 'penstock keys list')
}

interface CreateOptions {
  readonly tenant?: string | undefined
  readonly platform?: boolean | undefined
  readonly scopes: string
  readonly expiresInDays?: string | undefined
  readonly toSecret?: string | undefined
}

async function createOne({ tenant, platform, scopes, expiresInDays: days, toSecret: secret }: CreateOptions) {
  if ((tenant === undefined) === (platform !== true)) throw new UsageError('give either --tenant NAME or --platform')
  if (secret !== undefined) requireSecretName(secret)
  else if (process.env['CLOUD_RUN_JOB'] !== undefined)
    throw new UsageError('standard output is a log here, which must not hold a key: give --to-secret NAME')
  const wanted: NewKey = {
    tenant: tenant ?? null,
    scopes: [...new Set(scopes.split(',').flatMap((scope) => scope.trim() || []))],
    expiresInDays: days === undefined ? null : Number(days || Number.NaN),
  }
  const who = `of ${wanted.tenant ?? 'the platform'}: ${wanted.scopes.join(', ')}`
  const checksumKey = checksumKeyOf(process.env)
  if (secret !== undefined) return await handOver({ ...secretDepsOf(process.env), checksumKey }, wanted, secret, who)
  const { id, key } = await withAdminClient((client) => createKey({ client, randomBytes, checksumKey }, wanted))
  say(`key ${id} ${who}. It is shown once:`)
  print(key)
}

async function handOver(
  deps: SecretDeps & Pick<KeyDeps, 'checksumKey'>,
  wanted: NewKey,
  secret: string,
  who: string,
): Promise<void> {
  const { id, version } = await withAdminClient(
    async (client) => await createKeyInSecret({ ...deps, client, randomBytes }, wanted, secret),
  )
  say(`key ${id} ${who} is in ${version}`)
}

/** In the cloud the tenant's own identity provider signs such a token. */
async function userToken({ tenant, subject }: { readonly tenant: string; readonly subject: string }): Promise<void> {
  const issuer = readLocalSuite()?.user_issuer
  if (issuer === undefined) throw new Error('the local suite is not running. Start it: npm start')
  const query = new URLSearchParams({ tenant, subject })
  const answer = await fetch(`${issuer}/token?${query.toString()}`, { signal: AbortSignal.timeout(5_000) })
  if (!answer.ok) throw new Error(`the local issuer answered ${answer.status}`)
  say(`token of the user ${subject} of ${tenant}, for an hour, as Authorization: Bearer:`)
  print(await answer.text())
}

async function listAll({ json }: { readonly json?: boolean | undefined }): Promise<void> {
  printRecords(await withAdminClient(listKeys), {
    json,
    head: ['id', 'tenant', 'scopes', 'created', 'expires', 'last used', 'checksum key'],
    row: (key) => [
      key.id,
      key.tenant ?? '(platform)',
      key.scopes.join(','),
      key.created_at.slice(0, 19),
      key.revoked_at === null ? (key.expires_at?.slice(0, 19) ?? '') : `revoked ${key.revoked_at.slice(0, 19)}`,
      key.last_used_at?.slice(0, 19) ?? 'never',
      key.checksum_key ?? 'none',
    ],
  })
}

async function revokeOne(id: string): Promise<void> {
  const revoked = await withAdminClient((client) => revokeKey(client, id))
  say(`key ${revoked.id} is revoked since ${revoked.revoked_at}; functions notice within 30 s`)
}
