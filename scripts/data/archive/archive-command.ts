import { type Command, Option } from '@commander-js/extra-typings'
import { addExamples, httpUrl, matching } from '../../cli/command.ts'
import { inLine, print } from '../../cli/output.ts'
import { JSON_OPTION, printRecords } from '../../cli/records.ts'
import { ask, type Target, targetOf } from './ask.ts'
import { type CalendarMonth, calendar } from './calendar.ts'
import { addReconciling } from './reconcile-command.ts'

const DATASETS = ['metrics', 'feedback', 'backfill_jobs', 'audit'] as const
const month = matching(/^\d{4}-(0[1-9]|1[0-2])-01$/, 'the first day of a month: YYYY-MM-01')

/** Describes `penstock archive`. */
export function describeCommand(archive: Command): void {
  addReading(archive)
  addHolds(archive)
  addReconciling(archive)
  const reopening = placed(archive.command('reopen').description('Brings an archived month back into the database.'))
    .requiredOption('--month <day>', 'the month: YYYY-MM-01', month)
    .action(reopen)
  addExamples(reopening, 'penstock archive reopen --month 2024-02-01')
  addExamples(archive, 'penstock archive map', 'penstock archive list --tenant acme --json', 'penstock archive verify')
}

function addReading(archive: Command): void {
  const listing = filtered(archive.command('list').description('Lists archived objects.')).action(list)
  addExamples(listing, 'penstock archive list --dataset metrics --month 2024-02-01')
  const mapping = placed(archive.command('map').description('Shows the months as a calendar, and where each is.'))
    .option('--tenant <name>', 'only this tenant')
    .option(...JSON_OPTION)
    .action(map)
  addExamples(mapping, 'penstock archive map')
  const verifying = filtered(
    archive
      .command('verify')
      .description('Compares archived objects with their records; ends with 1 for any difference.'),
  ).action(verify)
  addExamples(verifying, 'penstock archive verify --tenant acme')
}

function addHolds(archive: Command): void {
  const holding = placed(
    archive.command('hold').description('Places a legal hold: what it covers neither expires nor is erased.'),
  )
    .requiredOption('--tenant <name>', 'the tenant')
    .requiredOption('--from <time>', 'the first instant, RFC 3339')
    .requiredOption('--to <time>', 'the end, RFC 3339')
    .requiredOption('--reason <text>', 'the reason, for later readers')
    .addOption(dataset())
    .option('--by <who>', 'who places it')
    .action(hold)
  addExamples(
    holding,
    'penstock archive hold --tenant acme --from 2024-01-01T00:00:00Z --to 2025-01-01T00:00:00Z --reason "case 17"',
  )
  const listing = placed(archive.command('holds').description('Lists legal holds.'))
    .option('--tenant <name>', 'only this tenant')
    .option(...JSON_OPTION)
    .action(holds)
  addExamples(listing, 'penstock archive holds --tenant acme')
  const releasing = placed(
    archive.command('release').argument('<id>', 'id of the hold').description('Releases a hold.'),
  )
    .option('--by <who>', 'who releases it')
    .action(release)
  addExamples(releasing, 'penstock archive release 7 --by "legal department"')
}

const dataset = () => new Option('--dataset <name>', 'only this dataset').choices(DATASETS)

/** Adds the options for the retention function's URL and the key. */
const placed = <Args extends unknown[]>(command: Command<Args>) =>
  command
    .option('--url <url>', 'the retention function or the gateway (default: the suite of this checkout)', httpUrl)
    .option('--key <key>', "an operator's key (default: PENSTOCK_KEY, or the key of this checkout)")

const filtered = (command: Command) =>
  placed(command)
    .addOption(dataset())
    .option('--tenant <name>', 'only this tenant')
    .option('--month <day>', 'only this month: YYYY-MM-01', month)
    .option(...JSON_OPTION)

interface Where {
  readonly url?: string | undefined
  readonly key?: string | undefined
}

interface Filter extends Where {
  readonly dataset?: string | undefined
  readonly tenant?: string | undefined
  readonly month?: string | undefined
  readonly json?: boolean | undefined
}

const at = ({ url, key }: Where): Target => targetOf({ url, key: key ?? process.env['PENSTOCK_KEY'] })

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

async function list({ json, dataset, tenant, month, ...where }: Filter): Promise<void> {
  const objects = await ask<Listed[]>(at(where), `archives${query({ dataset, tenant, month })}`)
  const row = (one: Listed) => [
    one.dataset,
    one.tenant,
    one.month,
    `${one.state}${one.held ? '*' : ''}`,
    `${one.rows}`,
    `${one.size_bytes}`,
    one.uri,
  ]
  printRecords(objects, { json, head: ['dataset', 'tenant', 'month', 'state', 'rows', 'bytes', 'object'], row })
}

async function map({ json, tenant, ...where }: Filter): Promise<void> {
  const { months } = await ask<{ months: CalendarMonth[] }>(at(where), `map${query({ tenant })}`)
  print(json === true ? JSON.stringify(months) : calendar(months))
}

interface Verified {
  readonly checked: number
  readonly findings: readonly { readonly uri: string; readonly code: string; readonly detail: string }[]
  readonly more: boolean
  readonly next: string | null
}

/** Verifies objects. Sets exit code 1 when anything is wrong. */
async function verify({ json, dataset, tenant, month, ...where }: Filter): Promise<void> {
  const target = at(where)
  const findings: Verified['findings'][number][] = []
  let checked = 0
  for (let after: string | null = null, more = true; more; ) {
    const answer: Verified = await ask<Verified>(target, 'verify', { dataset, tenant, month, after })
    if (json !== true)
      for (const { uri, code, detail } of answer.findings) print(`${inLine(uri)}: ${code}: ${inLine(detail)}`)
    checked += answer.checked
    findings.push(...answer.findings)
    more = answer.more
    after = answer.next
  }
  print(json === true ? JSON.stringify(findings) : `${checked} objects checked, ${findings.length} findings`)
  if (findings.length > 0) process.exitCode = 1
}

async function reopen({ month, ...where }: Where & { readonly month: string }): Promise<void> {
  await ask(at(where), 'reopen', { dataset: 'metrics', month })
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

interface NewHold extends Where {
  readonly tenant: string
  readonly from: string
  readonly to: string
  readonly reason: string
  readonly dataset?: string | undefined
  readonly by?: string | undefined
}

async function hold({ from: start_time, to: end_time, tenant, reason, dataset, by, ...where }: NewHold): Promise<void> {
  const placed = await ask<Hold>(at(where), 'hold', { tenant, start_time, end_time, reason, dataset, by })
  print(`hold ${placed.id} is placed; objects in storage that it covers: ${placed.objects}`)
}

async function holds({ json, tenant, ...where }: Filter): Promise<void> {
  printRecords(await ask<Hold[]>(at(where), `holds${query({ tenant })}`), {
    json,
    head: ['id', 'tenant', 'dataset', 'from', 'to', 'placed', 'released', 'objects', 'reason'],
    row: (one) => [
      one.id,
      one.tenant,
      one.dataset,
      one.start_time,
      one.end_time,
      `${one.placed_at.slice(0, 19)} ${one.placed_by}`,
      one.released_at === null ? null : `${one.released_at.slice(0, 19)} ${one.released_by}`,
      `${one.objects}`,
      one.reason,
    ],
  })
}

async function release(id: string, { by, ...where }: Where & { readonly by?: string | undefined }): Promise<void> {
  const released = await ask<Hold>(at(where), 'release', { id, by })
  print(`hold ${released.id} was released by ${released.released_by}`)
}

function query(filters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  )
  return given.length === 0 ? '' : `?${String(new URLSearchParams(given))}`
}
