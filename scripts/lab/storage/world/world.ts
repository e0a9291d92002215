// The world of the checker's actors: a server with two tenants that have few series, a bucket, and the function that answers queries.

import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Micros } from '@penstock/shared/base/time.ts'
import { budget, type ConnectionBudget, connectedIn } from '@penstock/shared/database/connection-budget.ts'
import { onOneConnection, textTypes } from '@penstock/shared/database/one-connection.ts'
import { makeChunkMonth } from '@penstock/shared/points/chunk-months.ts'
import { canonicalLabels } from '@penstock/shared/points/labels.ts'
import { seriesIdentity } from '@penstock/shared/points/series.ts'
import { type Client, Pool } from 'pg'
import { createKey } from '../../../database/keys/key-store.ts'
import { createReader } from '../../../database/keys/readers.ts'
import { migrate } from '../../../database/migrate.ts'
import { startPostgres } from '../../../database/postgres.ts'
import { roleOf } from '../../../database/roles.ts'
import { openProcessLog } from '../../../local/process-log.ts'
import { lasting } from '../../stand/clients.ts'
import { functionSettings, startLabFunction } from '../../stand/lab-function.ts'
import { type CheckedBucket, openBucket } from './bucket.ts'
import { ARCHIVED_MONTHS, BUSY, HOT_MONTHS, LAST_OLD_MONTH, QUIET } from './instants.ts'

export interface CheckedSeries {
  readonly id: number
  readonly block: number
  /** The value of its label `n`. */
  readonly label: string
}

export interface CheckedTenant {
  readonly id: number
  readonly name: string
  readonly series: readonly CheckedSeries[]
  /** Two series of different blocks: a writer always writes both, with one value, in one transaction. */
  readonly pair: readonly [CheckedSeries, CheckedSeries]
  /** The URL of the tenant's reader, a login that asks by `metric_points`. */
  readonly reader: string
  /** A key with which the tenant's points are read over HTTP. */
  readonly key: string
}

export interface CheckedWorld {
  readonly tenants: readonly CheckedTenant[]
  /** Instants of months that stay in the database. */
  readonly instants: readonly Micros[]
  readonly superuser: string
  /** Asks as the superuser. */
  readonly ask: <Row extends object>(statement: string, parameters: readonly unknown[]) => Promise<readonly Row[]>
  readonly bucket: CheckedBucket
  /** Base of the URL of metrics-query. */
  readonly queries: string
  /** The last error that metrics-query logged. */
  readonly lastError: () => string
  urlOf(functionName: string): string
  close(): Promise<void>
}

/** One for each reading actor, and one for the check at the end. */
const READER_CONNECTIONS = 4
/** The plan of the server: the readers of both tenants fit into it. */
const plan: ConnectionBudget = {
  ...budget,
  tiers: { ...budget.tiers, standard: { ...budget.tiers.standard, readers: 2 * READER_CONNECTIONS } },
}

/** Blocks of the series; the last two are the pair. */
const BLOCKS = [0, 0, 1, 2, 0, 3]

/** The limits allow one instance of each kind; the checker needs more actors. */
const ACTING = ['metrics-ingest', 'metrics-query', 'compaction', 'partitions', 'retention']

const SECRETS = { cursor: randomBytes(32), pointId: randomBytes(16), checksum: randomBytes(32) }

/** Starts everything in this folder; `setup` is run as the superuser at the end. */
export async function openWorld(folder: string, setup: string): Promise<CheckedWorld> {
  const parts = new AsyncDisposableStack()
  try {
    return await openParts(folder, setup, parts)
  } catch (error) {
    await parts.disposeAsync()
    throw error
  }
}

async function openParts(folder: string, setup: string, parts: AsyncDisposableStack): Promise<CheckedWorld> {
  const postgres = await startPostgres({
    dataDir: join(folder, 'data'),
    port: 0,
    password: randomBytes(12).toString('hex'),
    settings: { fsync: 'off', max_connections: budget.tiers.standard.max_connections },
  })
  parts.defer(async () => await postgres.stop())
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
  const client = lasting({ connectionString: postgres.url })
  await client.connect()
  const tenants = [await makeTenant(client, postgres.url, 'one'), await makeTenant(client, postgres.url, 'two')]
  if (setup !== '') await client.query(setup)
  for (const name of ACTING) await client.query(`alter role ${roleOf(name)} connection limit 20`)
  await client.end()
  const bucket = parts.adopt(await openBucket(join(folder, 'bucket')), async (one) => await one.close())
  const pool = parts.adopt(new Pool({ connectionString: postgres.url, max: 4 }), async (one) => await one.end())
  // A connection that the server ends is replaced.
  pool.on('error', () => {})
  const queries = await startQueries({ folder, databaseUrl: urlOf('metrics-query'), storageUrl: bucket.url }, parts)
  return {
    tenants,
    instants: [...BUSY, ...QUIET],
    superuser: postgres.url,
    ask: async <Row extends object>(statement: string, parameters: readonly unknown[]) =>
      (await pool.query<Row>(statement, [...parameters])).rows,
    bucket,
    ...queries,
    urlOf,
    close: async () => await parts.disposeAsync(),
  }
}

/** Starts metrics-query as a process. */
async function startQueries(
  { folder, ...urls }: { readonly folder: string; readonly databaseUrl: string; readonly storageUrl: string },
  parts: AsyncDisposableStack,
): Promise<Pick<CheckedWorld, 'queries' | 'lastError'>> {
  mkdirSync(join(folder, 'run'), { recursive: true })
  const log = openProcessLog({ clock: Date.now, show: () => {} }, 'metrics-query', join(folder, 'metrics-query.log'))
  parts.defer(async () => await log.close())
  const nowhere = 'http://127.0.0.1:1'
  const settings = functionSettings('metrics-query', {
    ...urls,
    issuer: { issuer: nowhere, jwksUrl: `${nowhere}/certs` },
    keys: {
      cursor: SECRETS.cursor.toString('hex'),
      pointId: SECRETS.pointId.toString('hex'),
      checksum: SECRETS.checksum.toString('hex'),
    },
    open: false,
    own: process.env,
  })
  const started = parts.adopt(await startLabFunction({ log, folder }, settings), async (one) => await one.stop())
  return { queries: `http://127.0.0.1:${started.port}`, lastError: () => log.lastError() }
}

async function makeMonths(url: string): Promise<void> {
  const client = lasting({ connectionString: url, types: textTypes })
  await client.connect()
  const beginning = { tenantId: null, readOnly: false }
  for (const month of [...HOT_MONTHS, ARCHIVED_MONTHS[1]])
    await onOneConnection(client).transaction(beginning, async (tx) => await makeChunkMonth(tx, month))
  await client.end()
}

async function makeTenant(client: Client, server: string, name: string): Promise<CheckedTenant> {
  const made = await client.query<{ id: number }>('insert into tenant (name) values ($1) returning id', [name])
  const id = made.rows[0]?.id ?? 0
  const series: CheckedSeries[] = []
  for (const [place, block] of BLOCKS.entries())
    series.push(await makeSeries(client, id, { service: 'svc', label: String(place), block }))
  const [first, second] = series.slice(-2)
  if (!first || !second) throw new Error('no series were made')
  await client.query(
    `insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
     select $1, 0, t, t, 1, array[$2::int], array[t], array[1.0] from (select $3::timestamptz as t) one`,
    [id, first.id, `${LAST_OLD_MONTH} 00:00:00+00`],
  )
  const { login, password } = await createReader(
    { client, budget: plan, tier: 'standard', randomBytes },
    { tenant: name, connections: READER_CONNECTIONS },
  )
  const reader = new URL(server)
  reader.username = login
  reader.password = password
  const { key } = await createKey(
    { client, randomBytes, checksumKey: SECRETS.checksum },
    { tenant: name, scopes: ['metrics:read'], expiresInDays: null },
  )
  return { id, name, series: series.slice(0, -2), pair: [first, second], reader: reader.href, key }
}

/** Adds a series as a writer does that finds no name; returns the one that there is then. */
export async function makeSeries(
  client: Client,
  tenantId: number,
  { service, label, block }: { readonly service: string; readonly label: string; readonly block: number },
): Promise<CheckedSeries> {
  const labels = canonicalLabels({ n: label })
  const { rows } = await client.query<{ id: number; block: number }>(
    `with made as (
       insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256, block)
       values ($1, $2, 'type', '', $3, decode($4, 'hex'), $5) on conflict do nothing returning id, block
     )
     select id, block from made
     union all select id, block from metric_series where tenant_id = $1 and identity_sha256 = decode($4, 'hex') limit 1`,
    [tenantId, service, labels, seriesIdentity({ service, type: 'type', unit: '', labels }), block],
  )
  const [row] = rows
  if (!row) throw new Error('no series was made')
  return { ...row, label }
}
