// penstock tenant quotas, and limit: what a tenant may store.
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { inLine, say } from '../../cli/output.ts'
import { JSON_OPTION, printRecords } from '../../cli/records.ts'
import { UsageError } from '../../cli/usage-error.ts'
import { withAdminClient } from '../../database/admin-client.ts'
import { type Quota, type QuotaChange, quotasOf, SERIES, setQuota } from './quotas.ts'

/** The library turns null into an empty text, so the word `none` is used for no limit. */
type Most = number | 'none'

interface LimitOptions {
  readonly rows?: Most | undefined
  readonly bytes?: Most | undefined
  readonly default?: true | undefined
}

/** Describes `penstock tenant quotas`. */
export function describeQuotas(tenant: Command): void {
  const quotas = tenant
    .command('quotas')
    .argument('<name>', 'the tenant')
    .description('Lists what a tenant stores and may store, by table.')
    .option(...JSON_OPTION)
    .action(async (name, { json }) => await showQuotas(name, json))
  addExamples(quotas, 'penstock tenant quotas acme')
}

/** Describes `penstock tenant limit`. */
export function describeLimit(tenant: Command): void {
  const limit = tenant
    .command('limit')
    .argument('<name>', 'the tenant')
    .argument('<table>', 'a table that "penstock tenant quotas" lists')
    .description('Gives a tenant limits of its own, or the default ones again. They hold from the next write on.')
    .option('--rows <number>', 'rows at most, or none for no limit', (text) => countOf(text, /^(\d{1,15})()$/))
    .option('--bytes <number>', 'bytes at most, with KiB, MiB or GiB behind the number, or none', (text) =>
      countOf(text, /^(\d{1,15})(KiB|MiB|GiB)?$/),
    )
    .option('--default', 'the limits that every tenant has')
    .action(limitTenant)
  addExamples(
    limit,
    'penstock tenant limit acme dead_letter --rows 500000 --bytes 1GiB',
    'penstock tenant limit acme dead_letter --default',
  )
}

async function showQuotas(tenant: string, json?: boolean): Promise<void> {
  const quotas = await withAdminClient(async (client) => await quotasOf(client, tenant))
  if (!quotas) throw noSuchTenant(tenant)
  const limit = (value: number | null | undefined) => (value === null ? 'none' : (value?.toString() ?? ''))
  const row = ({ table, rows, maxRows, bytes, maxBytes, isDefault }: Quota) => [
    table,
    `${rows}`,
    limit(maxRows),
    bytes?.toString() ?? '',
    limit(maxBytes),
    isDefault ? 'default' : 'own',
  ]
  printRecords(quotas, { json, head: ['table', 'rows', 'rows at most', 'bytes', 'bytes at most', 'limits'], row })
}

async function limitTenant(tenant: string, table: string, options: LimitOptions): Promise<void> {
  const change = changeOf(table, options)
  const result = await withAdminClient(async (client) => await setQuota(client, tenant, table, change))
  if (result === 'no-such-tenant') throw noSuchTenant(tenant)
  if (result === 'no-such-table')
    throw new UsageError(
      `nothing is limited in the table ${inLine(table)}: "penstock tenant quotas NAME" lists the tables`,
    )
  if (result === 'no-bytes')
    throw new UsageError(`only rows are counted in the table ${inLine(table)}: leave out --bytes`)
  say(`The limit of ${inLine(tenant)} in ${inLine(table)} holds from the next write on.`)
  await showQuotas(tenant)
}

function changeOf(table: string, { rows, bytes, default: toDefault }: LimitOptions): QuotaChange | undefined {
  const isDefault = toDefault === true
  if (isDefault !== (rows === undefined && bytes === undefined))
    throw new UsageError(
      isDefault ? '--default goes without --rows and --bytes' : 'no limit is given: --rows, --bytes or --default',
    )
  if (isDefault) return undefined
  if (table === SERIES && (typeof rows !== 'number' || rows > MAX_SERIES || bytes !== undefined))
    throw new UsageError(`${SERIES} has a limit of --rows alone: a whole number up to ${MAX_SERIES}`)
  return {
    ...(rows !== undefined && { maxRows: limitOf(rows) }),
    ...(bytes !== undefined && { maxBytes: limitOf(bytes) }),
  }
}

const limitOf = (most: Most): number | null => (most === 'none' ? null : most)

/** The column is an integer. */
const MAX_SERIES = 2_147_483_647

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

function countOf(text: string, form: RegExp): Most {
  if (text === 'none') return text
  const [, digits, unit = ''] = form.exec(text) ?? []
  const count = Number(digits) * (UNITS[unit] ?? 1)
  if (digits === undefined || !Number.isSafeInteger(count))
    throw new InvalidArgumentError(
      `It must be a whole number${form.test('1KiB') ? ', which KiB, MiB or GiB may follow,' : ''} or none.`,
    )
  return count
}

const noSuchTenant = (tenant: string): Error => new Error(`There is no tenant ${inLine(tenant)}.`)
