import { parseArgs } from 'node:util'
import { inLine, print, say } from '../../cli/output.ts'
import { textTable } from '../../cli/text-table.ts'
import { ask, type Target, targetOf } from './ask.ts'
import { type CalendarMonth, calendar } from './calendar.ts'

const USAGE = `usage: npm run archive -- list    [--dataset D] [--tenant NAME] [--month YYYY-MM-01]
       npm run archive -- map     [--tenant NAME]
       npm run archive -- verify  [--dataset D] [--tenant NAME] [--month YYYY-MM-01]
       npm run archive -- reopen  --month YYYY-MM-01
       npm run archive -- hold    --tenant NAME --from TIME --to TIME --reason TEXT [--dataset D] [--by WHO]
       npm run archive -- holds   [--tenant NAME]
       npm run archive -- release ID [--by WHO]
--dataset: metrics, feedback or backfill_jobs
--url, --key: of the retention function or the gateway, and an operator's; default those of the running local suite, and PENSTOCK_KEY`

class UsageError extends Error {}

const options = {
  dataset: { type: 'string' },
  tenant: { type: 'string' },
  month: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  reason: { type: 'string' },
  by: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
} as const

type Values = ReturnType<typeof parse>['values']
type Command = (target: Target, values: Values, id: string) => Promise<void>

const commands: Readonly<Record<string, Command>> = { list, map, verify, reopen, hold, holds, release }

export async function archiveCommand(args: string[]): Promise<void> {
  try {
    const { values, positionals } = parse(args)
    const [name = '', id = '', ...rest] = positionals
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!command || rest.length > 0 || (id !== '') !== (name === 'release'))
      throw new UsageError(`cannot ${name || 'do nothing'}`)
    await command(targetOf({ url: values.url, key: values.key ?? process.env['PENSTOCK_KEY'] }), values, id)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const misused = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS') === true
    say(misused ? `archive: ${message}\n${USAGE}` : `archive: ${message}`)
    process.exitCode = misused ? 2 : 1
  }
}

function parse(args: string[]) {
  return parseArgs({ args, allowPositionals: true, options })
}

interface Listed {
  readonly dataset: string
  readonly tenant: string
  readonly month: string | null
  readonly state: string
  readonly rows: number
  readonly size_bytes: number
  readonly held: boolean
  readonly uri: string
}

async function list(target: Target, { dataset, tenant, month }: Values): Promise<void> {
  const objects = await ask<Listed[]>(target, `archives${query({ dataset, tenant, month })}`)
  const rows = objects.map((one) => [
    one.dataset,
    one.tenant,
    one.month,
    `${one.state}${one.held ? '*' : ''}`,
    `${one.rows}`,
    `${one.size_bytes}`,
    one.uri,
  ])
  print(textTable(['dataset', 'tenant', 'month', 'state', 'rows', 'bytes', 'object'], rows))
}

async function map(target: Target, { tenant }: Values): Promise<void> {
  print(calendar((await ask<{ months: CalendarMonth[] }>(target, `map${query({ tenant })}`)).months))
}

interface Verified {
  readonly checked: number
  readonly findings: readonly { readonly uri: string; readonly code: string; readonly detail: string }[]
  readonly more: boolean
  readonly next: string | null
}

/** Exits with 1 when anything is wrong. */
async function verify(target: Target, { dataset, tenant, month }: Values): Promise<void> {
  let checked = 0
  let found = 0
  for (let after: string | null = null, more = true; more; ) {
    const answer: Verified = await ask<Verified>(target, 'verify', { dataset, tenant, month, after })
    for (const { uri, code, detail } of answer.findings) print(`${inLine(uri)}: ${code}: ${inLine(detail)}`)
    checked += answer.checked
    found += answer.findings.length
    more = answer.more
    after = answer.next
  }
  print(`${checked} objects checked, ${found} findings`)
  if (found > 0) process.exitCode = 1
}

async function reopen(target: Target, { month }: Values): Promise<void> {
  await ask(target, 'reopen', { dataset: 'metrics', month: needed(month, '--month') })
  print(`${month} is back in the database`)
}

interface Hold {
  readonly id: string
  readonly tenant: string
  readonly dataset: string
  readonly start_time: string
  readonly end_time: string
  readonly reason: string
  readonly placed_by: string
  readonly placed_at: string
  readonly released_by: string | null
  readonly released_at: string | null
  readonly objects: number
}

async function hold(target: Target, values: Values): Promise<void> {
  const { dataset, by } = values
  const placed = await ask<Hold>(target, 'hold', {
    tenant: needed(values.tenant, '--tenant'),
    start_time: needed(values.from, '--from'),
    end_time: needed(values.to, '--to'),
    reason: needed(values.reason, '--reason'),
    dataset,
    by,
  })
  print(`hold ${placed.id} stands; objects in storage that it covers: ${placed.objects}`)
}

async function holds(target: Target, { tenant }: Values): Promise<void> {
  const rows = (await ask<Hold[]>(target, `holds${query({ tenant })}`)).map((one) => [
    one.id,
    one.tenant,
    one.dataset,
    one.start_time,
    one.end_time,
    `${one.placed_at.slice(0, 19)} ${one.placed_by}`,
    one.released_at === null ? null : `${one.released_at.slice(0, 19)} ${one.released_by}`,
    `${one.objects}`,
    one.reason,
  ])
  print(textTable(['id', 'tenant', 'dataset', 'from', 'to', 'placed', 'released', 'objects', 'reason'], rows))
}

async function release(target: Target, { by }: Values, id: string): Promise<void> {
  const released = await ask<Hold>(target, 'release', { id, by })
  print(`hold ${released.id} was released by ${released.released_by}`)
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`${name} is missing`)
  return value
}

function query(filters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  )
  return given.length === 0 ? '' : `?${String(new URLSearchParams(given))}`
}
