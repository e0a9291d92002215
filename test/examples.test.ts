// Each slice answers its own examples as its contract says, and a slice that declares one connection never needs a second: it is run with a
// pool of one and several callers at a time.
import { randomBytes } from 'node:crypto'
import type { Example } from '@penstock/shared/base/examples.ts'
import { addMonths, monthOf } from '@penstock/shared/base/time.ts'
import type { DocumentedRoute } from '@penstock/shared/base/wire.ts'
import { createListener } from '@penstock/shared/http/edge.ts'
import { type Entry, entryOf } from '@penstock/shared/slice/define-slice.ts'
import { openDeployment, readSettings } from '@penstock/shared/slice/deployment.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey } from '../scripts/database/keys/key-store.ts'
import { deploymentsOf, routesOf, type ServedSlice } from '../scripts/deploy/deployments.ts'
import { readSlices } from '../scripts/deploy/deployments-command.ts'
import { bodyOf, type ExampleCredentials, headersOf, targetOf } from '../scripts/deploy/example-request.ts'
import { examplesOf } from '../scripts/deploy/examples.ts'
import { plantRows } from '../scripts/deploy/plant-rows.ts'
import { seededRandom } from '../scripts/lab/random.ts'
import { channelKeyFile } from './support/alerts/channel-keys.ts'
import { createTestStorage, TEST_BUCKET, type TestStorage } from './support/google/storage.ts'
import { checksumKey } from './support/http/api-keys.ts'
import { buildPage } from './support/http/built-console.ts'
import { type RunningServer, startFront } from './support/http/http.ts'
import { differenceOfReads } from './support/http/reads.ts'
import { makeLive } from './support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'

const TENANT = 'examples'
/** The month before this one: all of it is in the past. */
const MONTH = addMonths(monthOf(Date.now() * 1_000), -1)
const DEADLINE_MS = 5_000
const CALLERS = 8

const slices = await readSlices()
const page = await buildPage()
afterAll(async () => await page.remove())
const served = deploymentsOf('standard').flatMap(({ name, serves }) => serves.map((it) => ({ name, ...it })))
const entryNamed = ({ slice, entry }: ServedSlice): Entry => {
  const found = slices[slice]
  if (!found) throw new Error(`there is no slice ${slice}`)
  return entry === 'http' ? found : entryOf(found, entry)
}

describe.each(served)('$slice ($entry) as $name', (one) => {
  const entry = entryNamed(one)
  let db: TestDatabase
  let storage: TestStorage
  let server: RunningServer
  let credentials: ExampleCredentials
  let close: () => Promise<void>

  beforeAll(async () => {
    db = await createTestDatabase()
    storage = await createTestStorage()
    const client = await db.connect()
    await makeLive(db, MONTH)
    const only = ({ owner }: { readonly owner: string }) => owner.startsWith('functions/')
    await plantRows(client, { tenant: await createTenant(db, TENANT), n: 0, monthMs: Date.parse(MONTH), only })
    const make = async (tenant: string | null, scopes: readonly string[]) =>
      (await createKey({ client, randomBytes, checksumKey }, { tenant, scopes, expiresInDays: null })).key
    const { tenantScopes } = await import('@penstock/shared/base/scopes.ts')
    const [tenant, operator] = [await make(TENANT, tenantScopes), await make(null, ['operate', 'admin'])]
    credentials = { tenant, operator, service: tenant }
    await client.end()
    const config = readSettings([entry], {
      DATABASE_URL: db.urlOf(one.name),
      CURSOR_KEY: '00'.repeat(32),
      POINT_ID_KEY: '00'.repeat(16),
      KEY_CHECKSUM_KEY: checksumKey.toString('hex'),
      ARCHIVE_BUCKET: TEST_BUCKET,
      AUDIT_BUCKET: TEST_BUCKET,
      ARCHIVE_STORAGE_ENDPOINT: storage.url,
      CHANNEL_KEY_FILE: channelKeyFile,
      CONSOLE_APP: page.path,
    })
    const poolOfOne = { poolSize: 1, acquireTimeoutMs: DEADLINE_MS }
    const service = openDeployment(one.name, [entry], config, entry.runtime.connections === 1 ? poolOfOne : {})
    server = await startFront(createListener(one.name, service))
    close = async () => {
      await server.stop()
      await service.db.close()
      await storage.close()
      await db.drop()
    }
  })
  afterAll(async () => await close())

  /** A Google service account is not known here: its route takes the key that has its scope. */
  const serviceFor = ({ scope }: DocumentedRoute): string =>
    scope === 'operate' || scope === 'admin' ? credentials.operator : credentials.tenant

  async function ask(route: DocumentedRoute, example: Example, other: { method?: string; headers?: object } = {}) {
    const body = bodyOf(example)
    const headers = headersOf(route, example, { ...credentials, service: serviceFor(route) })
    const response = await fetch(new URL(targetOf(route, example), server.url), {
      method: other.method ?? route.method,
      headers: { ...Object.fromEntries(headers), ...other.headers },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    return { status: response.status, text: await response.text(), headers: response.headers }
  }

  const isRight = (example: Example, status: number): boolean =>
    example.refusal === undefined ? status < 300 : status === example.refusal

  it.each(Object.keys(entry.routes))('answers its valid requests: %s', async (key) => {
    const route = (await routesOf(one))[key] as DocumentedRoute
    const makers = (await examplesOf(one))[key] ?? []
    expect(makers.length, `functions/${one.slice}/examples.ts has no valid request for ${key}`).toBeGreaterThan(0)
    const world = { tenant: TENANT, monthMs: Date.parse(MONTH), planted: 'planted', cursors: {} }
    for (const [i, make] of makers.entries()) {
      const example = make(world, seededRandom(`${key} ${i}`))
      const { status, text } = await ask(route, example)
      expect(isRight(example, status), `${key}, example ${i}: ${status} ${text}`).toBe(true)
    }
  })

  const reads = Object.entries(entry.routes).filter(([, { method }]) => method === 'GET')
  it.each(reads)('answers HEAD like GET, and 304 to clients that have the answer: %s', async (key, route) => {
    const world = { tenant: TENANT, monthMs: Date.parse(MONTH), planted: 'planted', cursors: {} }
    for (const [i, make] of ((await examplesOf(one))[key] ?? []).entries()) {
      const example = make(world, seededRandom(`${key} ${i}`))
      const difference = await differenceOfReads((method, headers) => ask(route, example, { method, headers }))
      expect(difference, `${key}, example ${i}`).toBeUndefined()
    }
  })

  it.runIf(entry.runtime.connections === 1)('answers many callers with a pool of one, and none with 503', async () => {
    const examples = await examplesOf(one)
    const world = { tenant: TENANT, monthMs: Date.parse(MONTH), planted: 'planted', cursors: {} }
    const routes = Object.entries(await routesOf(one))
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      for (const [key, route] of routes)
        for (const make of examples[key] ?? []) {
          const { status, text } = await ask(route, make(world, seededRandom(`${caller} ${key}`)))
          expect(status, `${key}: ${text}`).not.toBe(503)
        }
    })
    await Promise.all(callers)
  })
})
