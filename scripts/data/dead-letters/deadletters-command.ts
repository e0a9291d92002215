import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { parseTimestamp } from '@penstock/shared/base/time.ts'
import { readPush } from '@penstock/shared/http/push-message.ts'
import type { Client } from 'pg'
import { checksumKeyOf } from '../../cli/checksum-key.ts'
import { ask, inLine, print, say } from '../../cli/output.ts'
import { readLocalSuite } from '../../cli/state.ts'
import { textTable } from '../../cli/text-table.ts'
import { withAdminClient } from '../../database/admin-client.ts'
import { replayLetter } from './replay.ts'
import { countReasons, type LetterFilter, listLetters, newestId, readLetter, removeLetters } from './store.ts'
import { openTenantKeys } from './tenant-keys.ts'

const USAGE = `usage: npm run deadletters -- list    [filter]
       npm run deadletters -- show    ID
       npm run deadletters -- replay  ID… | filter | --all   [--as-tenant NAME] [--url URL]
       npm run deadletters -- discard ID… | filter | --all   [--yes]
filter: --tenant NAME  --source SOURCE  --reason REASON  --since TIME  --until TIME
--as-tenant: whose the letters are that named a tenant that there was not
--url: of metrics-ingest-pubsub; default that of the running local suite`

const PAGE = 500

class UsageError extends Error {}

const options = {
  tenant: { type: 'string' },
  source: { type: 'string' },
  reason: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  all: { type: 'boolean' },
  yes: { type: 'boolean' },
  url: { type: 'string' },
  'as-tenant': { type: 'string' },
} as const

type Values = ReturnType<typeof parse>['values']

export async function deadlettersCommand(args: string[]): Promise<void> {
  try {
    const { values, positionals } = parse(args)
    await run(positionals, values)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const misused = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS') === true
    say(misused ? `deadletters: ${message}\n${USAGE}` : `deadletters: ${message}`)
    process.exitCode = misused ? 2 : 1
  }
}

function parse(args: string[]) {
  return parseArgs({ args, allowPositionals: true, options })
}

async function run([command, ...ids]: string[], values: Values): Promise<void> {
  for (const id of ids) if (!/^\d{1,18}$/.test(id)) throw new UsageError(`${JSON.stringify(id)} is no id of a letter`)
  const filter = toFilter(ids, values)
  if (command === 'list' && ids.length === 0) await withAdminClient((client) => list(client, filter))
  else if (command === 'show' && ids[0] !== undefined && ids.length === 1)
    await withAdminClient((client) => show(client, ids[0] ?? ''))
  else if (command === 'replay') await withAdminClient((client) => replay(client, chosen(filter, values), values))
  else if (command === 'discard') await withAdminClient((client) => discard(client, chosen(filter, values), values))
  else throw new UsageError(command === undefined ? 'what is to be done?' : `cannot ${[command, ...ids].join(' ')}`)
}

function toFilter(ids: readonly string[], { tenant, source, reason, since, until }: Values): LetterFilter {
  for (const time of [since, until]) {
    if (time !== undefined && parseTimestamp(time) === undefined)
      throw new UsageError(`${JSON.stringify(time)} is no RFC 3339 timestamp`)
  }
  return {
    ...(ids.length === 0 ? {} : { ids }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(source === undefined ? {} : { source }),
    ...(reason === undefined ? {} : { reason }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  }
}

/** Selecting all letters needs an explicit option. */
function chosen(filter: LetterFilter, { all }: Values): LetterFilter {
  if (Object.keys(filter).length === 0 && all !== true) throw new UsageError('which letters? ids, a filter, or --all')
  return filter
}

async function list(client: Client, filter: LetterFilter): Promise<void> {
  const letters = await listLetters(client, filter, { after: '0', upTo: await newestId(client), limit: PAGE })
  const rows = letters.map((l) => [
    l.id,
    l.received_at.slice(0, 19),
    l.tenant,
    l.source,
    l.reason,
    `${l.bytes}`,
    l.detail.slice(0, 80),
  ])
  print(textTable(['id', 'received', 'tenant', 'source', 'reason', 'bytes', 'detail'], rows))
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

async function replay(client: Client, filter: LetterFilter, values: Values): Promise<void> {
  const url = values.url ?? readLocalSuite()?.functions['metrics-ingest-pubsub']
  if (url === undefined) throw new Error('no function to push to: start the suite (npm start), or give --url')
  const keys = openTenantKeys({ client, randomBytes, checksumKey: checksumKeyOf(process.env) })
  const count = { stored: 0, refused: 0, failed: 0, skipped: 0 }
  try {
    for await (const { id, tenant: own } of pages(client, filter)) {
      const tenant = own ?? values['as-tenant']
      if (tenant === undefined) {
        count.skipped++
        print(`${id}: named no tenant that there is: give --as-tenant`)
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

async function discard(client: Client, filter: LetterFilter, { yes }: Values): Promise<void> {
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
  if (!process.stdin.isTTY) throw new UsageError('there is nobody to ask: --yes discards without asking')
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
