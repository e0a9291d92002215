import { randomBytes } from 'node:crypto'
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { parseTimestamp } from '@penstock/shared/base/time.ts'
import { readPush } from '@penstock/shared/http/push-message.ts'
import type { Client } from 'pg'
import { checksumKeyOf } from '../../cli/checksum-key.ts'
import { addExamples, httpUrl, matching } from '../../cli/command.ts'
import { ask, inLine, print } from '../../cli/output.ts'
import { JSON_OPTION, printRecords } from '../../cli/records.ts'
import { readLocalSuite } from '../../cli/state.ts'
import { textTable } from '../../cli/text-table.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { withAdminClient } from '../../database/admin-client.ts'
import { replayLetter } from './replay.ts'
import { countReasons, type LetterFilter, listLetters, newestId, readLetter, removeLetters } from './store.ts'
import { openTenantKeys } from './tenant-keys.ts'

const PAGE = 500

/** Describes `penstock deadletters`. */
export function describeCommand(letters: Command): void {
  const listing = filtered(letters.command('list').description('Lists messages that could not be stored, and why.'))
    .option(...JSON_OPTION)
    .action(async ({ json, ...options }) => {
      await withAdminClient(async (client) => await list(client, toFilter([], options), json))
    })
  addExamples(listing, 'penstock deadletters list --tenant acme --since 2026-11-01T00:00:00Z')
  const showing = letters
    .command('show')
    .argument('<id>', 'id of the letter', letterId)
    .description('Shows one letter with its payload.')
    .action(async (id) => await withAdminClient(async (client) => await show(client, id)))
  addExamples(showing, 'penstock deadletters show 17')
  addChanges(letters)
  addExamples(
    letters,
    'penstock deadletters list',
    'penstock deadletters replay 17 18',
    'penstock deadletters discard --reason invalid',
  )
}

function addChanges(letters: Command): void {
  const replaying = chosenFrom(
    letters.command('replay').description('Pushes letters again; ends with 1 when any was not answered.'),
  )
    .option('--as-tenant <name>', 'the tenant of letters that named no existing tenant')
    .option('--url <url>', 'metrics-ingest-pubsub (default: that of the running local suite)', httpUrl)
    .action(async (ids, options) => {
      const filter = chosen(ids, options)
      await withAdminClient(async (client) => await replay(client, filter, options))
    })
  addExamples(
    replaying,
    'penstock deadletters replay 17 18',
    'penstock deadletters replay --reason unknown_tenant --as-tenant acme',
  )
  const discarding = chosenFrom(letters.command('discard').description('Deletes letters for good.'))
    .option('--yes', 'deletes without asking')
    .action(async (ids, options) => {
      const filter = chosen(ids, options)
      await withAdminClient(async (client) => await discard(client, filter, options))
    })
  addExamples(discarding, 'penstock deadletters discard 17', 'penstock deadletters discard --all --yes')
}

const letterId = matching(/^\d{1,18}$/, 'the id of a letter, a whole number')
const time = (text: string): string => {
  if (parseTimestamp(text) === undefined) throw new InvalidArgumentError('It must be an RFC 3339 timestamp.')
  return text
}

const filtered = <Args extends unknown[]>(command: Command<Args>) =>
  command
    .option('--tenant <name>', 'only letters of this tenant')
    .option('--source <source>', 'only letters of this source')
    .option('--reason <reason>', 'only letters with this reason')
    .option('--since <time>', 'only letters received at or after this time', time)
    .option('--until <time>', 'only letters received before this time', time)

const chosenFrom = (command: Command) =>
  filtered(
    command.argument(
      '[ids...]',
      'ids of letters',
      (id: string, ids: readonly string[] | undefined): readonly string[] => [...(ids ?? []), letterId(id)],
    ),
  ).option('--all', 'every letter')

interface Options {
  readonly tenant?: string | undefined
  readonly source?: string | undefined
  readonly reason?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
}

function toFilter(ids: readonly string[], { tenant, source, reason, since, until }: Options): LetterFilter {
  return {
    ...(ids.length === 0 ? {} : { ids }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(source === undefined ? {} : { source }),
    ...(reason === undefined ? {} : { reason }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  }
}

/** All letters are chosen only by --all. */
function chosen(
  ids: readonly string[] | undefined,
  options: Options & { readonly all?: true | undefined },
): LetterFilter {
  const filter = toFilter(ids ?? [], options)
  if (Object.keys(filter).length === 0 && options.all !== true)
    throw new UsageError('no letters are chosen: give ids, a filter, or --all')
  return filter
}

async function list(client: Client, filter: LetterFilter, json: boolean | undefined): Promise<void> {
  const letters = await listLetters(client, filter, { after: '0', upTo: await newestId(client), limit: PAGE })
  const row = (l: (typeof letters)[number]) => [
    l.id,
    l.received_at.slice(0, 19),
    l.tenant,
    l.source,
    l.reason,
    `${l.bytes}`,
    l.detail.slice(0, 80),
  ]
  printRecords(letters, { json, head: ['id', 'received', 'tenant', 'source', 'reason', 'bytes', 'detail'], row })
  if (json === true) return
  const reasons = await countReasons(client, filter)
  const total = reasons.reduce((sum, { letters: count }) => sum + count, 0)
  if (total > letters.length) print(`… and ${total - letters.length} more`)
  print(
    `\n${textTable(['reason', 'letters'], [...reasons.map((r) => [r.reason, `${r.letters}`]), ['all', `${total}`]])}`,
  )
}

async function show(client: Client, id: string): Promise<void> {
  const { payload, ...letter } = await readLetter(client, id)
  for (const [name, value] of Object.entries(letter)) print(`${name.padEnd(13)}${inLine(value ?? '')}`)
  print(`\n${readable(payload)}`)
  const message = readPush({ 'content-type': letter.content_type }, payload)
  if ('data' in message && message.isWrapped) print(`\nthe message holds:\n${readable(message.data)}`)
}

/** Returns the payload as text if it is text, and in hexadecimal otherwise. */
function readable(payload: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload)
  } catch {
    return payload.toString('hex')
  }
}

async function replay(
  client: Client,
  filter: LetterFilter,
  options: { readonly url?: string | undefined; readonly asTenant?: string | undefined },
): Promise<void> {
  const url = options.url ?? readLocalSuite()?.functions['metrics-ingest-pubsub']
  if (url === undefined) throw new Error('no suite is running in this checkout. Start it (npm start), or give --url')
  const keys = openTenantKeys({ client, randomBytes, checksumKey: checksumKeyOf(process.env) })
  const count = { stored: 0, refused: 0, failed: 0, skipped: 0 }
  try {
    for await (const { id, tenant: own } of pages(client, filter)) {
      const tenant = own ?? options.asTenant
      if (tenant === undefined) {
        count.skipped++
        print(`${id}: its tenant does not exist. Give --as-tenant`)
        continue
      }
      const outcome = await replayLetter({ client, url, keyOf: keys.keyOf }, await readLetter(client, id), tenant)
      count[outcome.kind]++
      print(`${id}: ${outcome.kind}${'detail' in outcome ? `: ${inLine(outcome.detail)}` : ''}`)
    }
  } finally {
    await keys.revokeAll()
  }
  print(
    Object.entries(count)
      .map(([kind, letters]) => `${letters} ${kind}`)
      .join(', '),
  )
  if (count.failed > 0) process.exitCode = 1
}

async function discard(
  client: Client,
  filter: LetterFilter,
  { yes }: { readonly yes?: true | undefined },
): Promise<void> {
  const reasons = await countReasons(client, filter)
  const total = reasons.reduce((sum, { letters }) => sum + letters, 0)
  print(textTable(['reason', 'letters'], [...reasons.map((r) => [r.reason, `${r.letters}`]), ['all', `${total}`]]))
  if (total === 0) return
  if (yes !== true && !(await isSure(total))) throw new Error('nothing was discarded')
  let gone = 0
  for await (const { id } of pages(client, filter)) gone += await removeLetters(client, [id])
  print(`${gone} discarded`)
}

async function isSure(total: number): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError('stdin is not a terminal, so nobody can confirm: --yes discards without asking')
  return (await ask(`Discard ${total} for good? Type yes: `)) === 'yes'
}

/** Returns the letters that match now; it does not wait for letters that arrive later. */
async function* pages(client: Client, filter: LetterFilter) {
  // Entries that are refused again become a new letter, which this run does not replay again.
  const upTo = await newestId(client)
  for (let after = '0'; ; ) {
    const letters = await listLetters(client, filter, { after, upTo, limit: PAGE })
    yield* letters
    const last = letters.at(-1)
    if (!last || letters.length < PAGE) return
    after = last.id
  }
}
