// The data of the checker's actors: two tenants with few series and instants, so that everything collides.
import { randomBytes } from 'node:crypto'
import { DAY, HOUR, type Micros, parseTimestamp, SECOND } from '@penstock/shared/base/time.ts'
import { budget, connectedIn } from '@penstock/shared/database/connection-budget.ts'
import { onOneConnection, textTypes } from '@penstock/shared/database/one-connection.ts'
import { makeChunkMonth } from '@penstock/shared/points/chunk-months.ts'
import { Client } from 'pg'
import { createReader } from '../../database/keys/readers.ts'
import { migrate } from '../../database/migrate.ts'
import { startPostgres } from '../../database/postgres.ts'
import { roleOf } from '../../database/roles.ts'

export interface CheckedSeries {
  readonly id: number
  readonly block: number
}

export interface CheckedTenant {
  readonly id: number
  readonly series: readonly CheckedSeries[]
  /** Two series of different blocks: a writer always writes both, with one value, in one transaction. */
  readonly pair: readonly [CheckedSeries, CheckedSeries]
  /** The URL of the tenant's reader, a login that asks by `metric_points`. */
  readonly reader: string
}

export interface CheckedWorld {
  readonly tenants: readonly CheckedTenant[]
  readonly instants: readonly Micros[]
  /** Those that most writes are about, and those of a day that few touch. */
  readonly busy: readonly Micros[]
  readonly quiet: readonly Micros[]
  readonly superuser: string
  urlOf(functionName: string): string
  close(): Promise<void>
}

const MONTHS = ['2026-10-01', '2026-11-01']
const FIRST = parseTimestamp('2026-10-31T22:59:00Z') ?? 0
/** An instant in a month that has no partition. */
const AWAY = parseTimestamp('2026-08-10T00:00:00Z') ?? 0

/** Two hours of each of two days and months, and one hour of a month without a partition. */
const BUSY: readonly Micros[] = [0, HOUR, 2 * HOUR, DAY]
  .flatMap((begin) => Array.from({ length: 10 }, (_, i) => FIRST + begin + i * 17 * SECOND))
  .concat(AWAY, AWAY + SECOND)

const QUIET: readonly Micros[] = Array.from({ length: 4 }, (_, i) => FIRST + 3 * DAY + i * SECOND)

/** One for each reading actor, and one for the check at the end. */
const READER_CONNECTIONS = 4

/** Blocks of the series; the last two are the pair. */
const BLOCKS = [0, 0, 1, 2, 0, 3]

/** Starts a server in this folder and prepares it; `setup` is run as the superuser at the end. */
export async function openWorld(folder: string, setup: string): Promise<CheckedWorld> {
  const postgres = await startPostgres({
    dataDir: `${folder}/data`,
    port: 0,
    password: randomBytes(12).toString('hex'),
    settings: { fsync: 'off', max_connections: budget.tiers.standard.max_connections },
  })
  try {
    const password = randomBytes(12).toString('hex')
    const passwords = Object.fromEntries(connectedIn('standard').map((name) => [name, password]))
    await migrate({ url: postgres.url, tier: 'standard', passwords })
    const urlOf = (functionName: string): string => {
      const url = new URL(postgres.url)
      url.username = roleOf(functionName)
      url.password = password
      return url.href
    }
    await makeMonths(urlOf('partitions'))
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    const tenants = [await makeTenant(client, postgres.url, 'one'), await makeTenant(client, postgres.url, 'two')]
    if (setup !== '') await client.query(setup)
    // The limits allow one instance of each kind; the checker needs more actors.
    for (const name of ['metrics-ingest', 'metrics-query', 'compaction', 'partitions'])
      await client.query(`alter role ${roleOf(name)} connection limit 20`)
    await client.end()
    return {
      tenants,
      instants: [...BUSY, ...QUIET],
      busy: BUSY,
      quiet: QUIET,
      superuser: postgres.url,
      urlOf,
      close: async () => await postgres.stop(),
    }
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

async function makeMonths(url: string): Promise<void> {
  const client = new Client({ connectionString: url, types: textTypes })
  await client.connect()
  const beginning = { tenantId: null, readOnly: false }
  for (const month of MONTHS)
    await onOneConnection(client).transaction(beginning, async (tx) => await makeChunkMonth(tx, month))
  await client.end()
}

async function makeTenant(client: Client, server: string, name: string): Promise<CheckedTenant> {
  const made = await client.query<{ id: number }>('insert into tenant (name) values ($1) returning id', [name])
  const id = made.rows[0]?.id ?? 0
  const { rows } = await client.query<CheckedSeries>(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256, block)
     select $1, 'svc', 'type', '', '{}', sha256(i::text::bytea), block
     from unnest($2::int[]) with ordinality b (block, i) order by i returning id, block`,
    [id, BLOCKS],
  )
  const [first, second] = rows.slice(-2)
  if (!first || !second) throw new Error('no series were made')
  const { login, password } = await createReader(
    { client, budget, tier: 'standard', randomBytes },
    { tenant: name, connections: READER_CONNECTIONS },
  )
  const reader = new URL(server)
  reader.username = login
  reader.password = password
  return { id, series: rows.slice(0, -2), pair: [first, second], reader: reader.href }
}
