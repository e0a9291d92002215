import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { checksumKeyOf } from '../../cli/checksum-key.ts'
import { print, say } from '../../cli/output.ts'
import { readLocalSuite } from '../../cli/state.ts'
import { textTable } from '../../cli/text-table.ts'
import { withAdminClient } from '../admin-client.ts'
import { createKeyInSecret } from './key-hand-over.ts'
import { createKey, type KeyDeps, listKeys, type NewKey, revokeKey } from './key-store.ts'
import { requireSecretName, type SecretDeps, secretDepsOf } from './secret-store.ts'

const USAGE = `usage: npm run --silent keys -- create --tenant NAME --scopes a,b [--expires-in-days N]
       npm run --silent keys -- create --platform --scopes operate [--expires-in-days N]
       create … --to-secret NAME: the key goes to Secret Manager and nowhere else
       npm run --silent keys -- user --tenant NAME --subject WHO
       npm run --silent keys -- list
       npm run --silent keys -- revoke ID`

/** An invalid command line. */
class UsageError extends Error {}

export async function keysCommand(args: string[]): Promise<void> {
  try {
    await run(args)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const misused = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS') === true
    say(misused ? `keys: ${message}\n${USAGE}` : `keys: ${message}`)
    process.exitCode = misused ? 2 : 1
  }
}

async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      tenant: { type: 'string' },
      platform: { type: 'boolean' },
      scopes: { type: 'string' },
      subject: { type: 'string' },
      'expires-in-days': { type: 'string' },
      'to-secret': { type: 'string' },
    },
  })
  const [command, ...rest] = positionals
  const { subject, ...options } = values
  if (command === 'user' && rest.length === 0) return await user(options.tenant, subject)
  if (subject !== undefined) throw new UsageError('--subject belongs to user')
  if (command === 'create' && rest.length === 0) return await create(options)
  if (Object.keys(options).length > 0) throw new UsageError('these options belong to create')
  if (command === 'list' && rest.length === 0) return await list()
  if (command === 'revoke' && rest[0] !== undefined && rest.length === 1) return await revoke(rest[0])
  throw new UsageError(command === undefined ? 'what is to be done?' : `cannot ${positionals.join(' ')}`)
}

interface CreateOptions {
  readonly tenant?: string | undefined
  readonly platform?: boolean | undefined
  readonly scopes?: string | undefined
  readonly 'expires-in-days'?: string | undefined
  readonly 'to-secret'?: string | undefined
}

async function create(options: CreateOptions): Promise<void> {
  if ((options.tenant === undefined) === (options.platform !== true))
    throw new UsageError('either --tenant NAME or --platform')
  const secret = options['to-secret']
  if (secret !== undefined) requireSecretName(secret)
  else if (process.env['CLOUD_RUN_JOB'] !== undefined)
    throw new UsageError('here stdout is a log: say --to-secret NAME')
  const days = options['expires-in-days']
  const wanted: NewKey = {
    tenant: options.tenant ?? null,
    scopes: [...new Set((options.scopes ?? '').split(',').flatMap((scope) => scope.trim() || []))],
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

/** In the cloud the tenant's own identity provider issues these tokens. */
async function user(tenant: string | undefined, subject: string | undefined): Promise<void> {
  if (tenant === undefined || subject === undefined) throw new UsageError('user needs --tenant NAME --subject WHO')
  const issuer = readLocalSuite()?.user_issuer
  if (issuer === undefined) throw new Error('the local suite is not running: npm start')
  const query = new URLSearchParams({ tenant, subject })
  const answer = await fetch(`${issuer}/token?${query.toString()}`, { signal: AbortSignal.timeout(5_000) })
  if (!answer.ok) throw new Error(`the local issuer answered ${answer.status}`)
  say(`token of the user ${subject} of ${tenant}, for an hour, as Authorization: Bearer:`)
  print(await answer.text())
}

async function list(): Promise<void> {
  const keys = await withAdminClient(listKeys)
  const rows = keys.map((key) => [
    key.id,
    key.tenant ?? '(platform)',
    key.scopes.join(','),
    key.created_at.slice(0, 19),
    key.revoked_at === null ? (key.expires_at?.slice(0, 19) ?? '') : `revoked ${key.revoked_at.slice(0, 19)}`,
    key.last_used_at?.slice(0, 19) ?? 'never',
    key.checksum_key ?? 'none',
  ])
  print(textTable(['id', 'tenant', 'scopes', 'created', 'expires', 'last used', 'checksum key'], rows))
}

async function revoke(id: string): Promise<void> {
  const revoked = await withAdminClient((client) => revokeKey(client, id))
  say(`key ${revoked.id} is revoked since ${revoked.revoked_at}; functions notice within 30 s`)
}
