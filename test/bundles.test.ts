// The deployed artefacts, as they are deployed: each bundle in a folder of its own, under the real framework, on a real PostgreSQL.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Example } from '@penstock/shared/base/examples.ts'
import { tenantScopes } from '@penstock/shared/base/scopes.ts'
import { type DocumentedRoute, formsOf, platformScopes } from '@penstock/shared/base/wire.ts'
import { type Tier, tierNames } from '@penstock/shared/config/tier.ts'
import { budget, connectedIn } from '@penstock/shared/database/connection-budget.ts'
import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createKey } from '../scripts/database/keys/key-store.ts'
import { freePort } from '../scripts/database/postgres.ts'
import type { DeclaredTable } from '../scripts/database/slice-data.ts'
import { buildFunctions, type Manifest } from '../scripts/deploy/build.ts'
import { allDeployments, routesOf, type ServedSlice } from '../scripts/deploy/deployments.ts'
import { bodyOf, firstChoice, headersOf, targetOf } from '../scripts/deploy/example-request.ts'
import { examplesOf } from '../scripts/deploy/examples.ts'
import { plantRows } from '../scripts/deploy/plant-rows.ts'
import { checksumKey } from './support/http/api-keys.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'

const root = join(import.meta.dirname, '..')
const framework = '@google-cloud/functions-framework'
const TENANT = 'bundles'
const MAX_BYTES = 2.25 * 1024 * 1024

interface Question {
  readonly route: DocumentedRoute
  readonly example: Example
  readonly status: number
}

interface Started {
  readonly url: string
  readonly child: ChildProcess
  /** Everything that it has logged so far. */
  log(): string
}

const names = allDeployments().map(({ name }) => name)
const connected = names.filter((name) => connectedIn(tierOf(name)).includes(name))

let folder: string
let db: TestDatabase
let admin: Client
let manifest: Manifest
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penstock-bundles-'))
  manifest = await buildFunctions({ root, outDir: join(folder, 'dist') })
  for (const name of names) await linkPackages(join(folder, 'dist', name))
  db = await createTestDatabase()
  admin = await db.connect()
  const only = ({ owner }: DeclaredTable) => owner.startsWith('functions/')
  await plantRows(admin, { tenant: await createTenant(db, TENANT), n: 0, monthMs: Date.UTC(2026, 10), only })
})

afterEach(async () => {
  for (const child of children.splice(0)) await killed(child)
})

afterAll(async () => {
  await admin.end()
  await db.drop()
  await rm(folder, { recursive: true, force: true })
})

describe('the build', () => {
  it('gives the same bytes every time', async () => {
    const again = await mkdtemp(join(tmpdir(), 'penstock-bundles-'))
    expect(await buildFunctions({ root, outDir: again })).toEqual(manifest)
    for (const name of names) {
      for (const file of ['index.js', 'package.json', 'package-lock.json']) {
        const [one, two] = [await readFile(join(folder, 'dist', name, file)), await readFile(join(again, name, file))]
        expect(two.equals(one), `${name}/${file}`).toBe(true)
      }
    }
    await rm(again, { recursive: true, force: true })
  })

  it('has every function of the budget, none larger than 2.25 MiB', async () => {
    expect(Object.keys(manifest)).toEqual(names)
    for (const name of Object.keys(manifest)) {
      expect((await readFile(join(folder, 'dist', name, 'index.js'))).length).toBeLessThanOrEqual(MAX_BYTES)
    }
  })

  it('tells nothing of the machine that it ran on', async () => {
    for (const name of Object.keys(manifest)) {
      expect(await readFile(join(folder, 'dist', name, 'index.js'), 'utf8')).not.toContain(root)
    }
  })
})

describe('the bundle of console', () => {
  it('answers under the framework without a database, and ends when it is told to', async () => {
    const started = await start('console', {})
    for (const question of await questionsOf('console'))
      expect((await ask(started, question)).status).toBe(question.status)
    const ended = once(started.child, 'exit')
    started.child.kill('SIGTERM')
    expect(await ended, started.log()).toEqual([0, null])
  })
})

describe.each(connected)('the bundle of %s', (name) => {
  it('answers under the framework for each slice, and finishes what is in flight when it is told to end', async () => {
    const [question, ...others] = await questionsOf(name)
    if (!question) throw new Error(`${name} serves nothing`)
    const started = await start(name)

    const stranger = await ask(started, question)
    expect(stranger.status).toBe(401)
    expect(stranger.headers.get('content-type')).toBe('application/problem+json')
    expect(stranger.headers.get('www-authenticate')).toBe('Bearer realm="penstock"')

    const answered = await ask(started, question, await newKey(question.route.scope))
    expect(answered.status, `${await answered.text()}\n${started.log()}`).toBe(question.status)

    for (const other of others)
      expect((await ask(started, other, await newKey(other.route.scope))).status, started.log()).toBe(other.status)

    const anotherKey = await newKey(question.route.scope)
    const letGo = await holdKeys()
    const slow = ask(started, question, anotherKey)
    await waitsForKeys(name)
    const ended = once(started.child, 'exit')
    started.child.kill('SIGTERM')
    await refusesConnections(started.url)
    await letGo()
    const late = await slow
    expect(late.status, `${await late.text()}\n${started.log()}`).toBe(question.status)
    expect(await ended).toEqual([0, null])
  })
})

/** The first tier that has it. */
function tierOf(name: string): Tier {
  const tier = tierNames.find((it) => Object.hasOwn(budget.tiers[it].deployments, name))
  if (!tier) throw new Error(`no tier has ${name}`)
  return tier
}

/** A question to each slice that a deployment serves, which goes through its front, its rules and its queries. */
async function questionsOf(name: string): Promise<readonly Question[]> {
  const { serves } = allDeployments().find((it) => it.name === name) ?? { serves: [] }
  return await Promise.all(serves.map(questionTo))
}

/** The first example of the first route that reads and answers problems, or else of the first route. */
async function questionTo(served: ServedSlice): Promise<Question> {
  const examples = await examplesOf(served)
  const world = { tenant: TENANT, monthMs: Date.UTC(2026, 10), planted: 'planted', cursors: {} }
  const asked = Object.entries(await routesOf(served)).flatMap(([key, route]) => {
    const example = examples[key]?.[0]?.(world, firstChoice)
    return example && example.refusal === undefined
      ? [{ route, example, status: formsOf(route)[0]?.status ?? 200 }]
      : []
  })
  const question =
    asked.find(({ route }) => route.method === 'GET' && route.scope !== 'none' && !route.failures) ?? asked[0]
  if (!question) throw new Error(`functions/${served.slice}/examples.ts has no valid request: add one`)
  return question
}

/** Installs only the packages that the function's package.json names, so that a bundle that needs more does not start. */
async function linkPackages(deployed: string): Promise<void> {
  const text = await readFile(join(deployed, 'package.json'), 'utf8')
  for (const name of Object.keys((JSON.parse(text) as { readonly dependencies: object }).dependencies)) {
    await mkdir(dirname(join(deployed, 'node_modules', name)), { recursive: true })
    await symlink(join(root, 'node_modules', name), join(deployed, 'node_modules', name))
  }
}

/** The settings of a function that has a database. */
const settings = (name: string) => ({
  DATABASE_URL: db.urlOf(name),
  CURSOR_KEY: randomBytes(32).toString('hex'),
  POINT_ID_KEY: randomBytes(16).toString('hex'),
  KEY_CHECKSUM_KEY: checksumKey.toString('hex'),
  ARCHIVE_BUCKET: 'bucket',
  CHANNEL_KEY_FILE: '/dev/null/channel-keys.json',
  AUDIT_BUCKET: 'bucket',
})

/** As the platform starts it: the framework, the function's folder, and settings; nothing of our own environment. */
async function start(name: string, own: NodeJS.ProcessEnv = settings(name)): Promise<Started> {
  const port = await freePort()
  const cwd = join(folder, 'dist', name)
  const main = join(cwd, 'node_modules', framework, 'build', 'src', 'main.js')
  const child = spawn(process.execPath, [main, `--source=${cwd}`], {
    cwd,
    env: {
      NODE_ENV: 'production',
      PORT: String(port),
      FUNCTION_TARGET: name,
      PENSTOCK_TIER: tierOf(name),
      ...own,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let log = ''
  const hear = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-8_000)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const started = { url: `http://127.0.0.1:${port}`, child, log: () => log }
  await until(`${name} to be healthy`, async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}:\n${log}`)
    const health = await fetch(`${started.url}/health`).catch(() => undefined)
    await health?.arrayBuffer()
    return health?.status === 200
  })
  return started
}

async function ask({ url }: Started, { route, example }: Question, key?: string): Promise<Response> {
  const credentials = { tenant: key ?? '', operator: key ?? '', service: key ?? '' }
  const asked = key === undefined ? { ...route, scope: 'none' as const } : route
  return await fetch(`${url}${targetOf(route, example)}`, {
    method: route.method,
    headers: Object.fromEntries(headersOf(asked, example, credentials)),
    ...(bodyOf(example) === undefined ? {} : { body: Buffer.from(bodyOf(example) ?? []) }),
    signal: AbortSignal.timeout(20_000),
  })
}

async function newKey(scope: string): Promise<string> {
  const tenant = (platformScopes as readonly string[]).includes(scope) ? null : TENANT
  const scopes = scope === 'any' || scope === 'tenant' ? tenantScopes : [scope]
  return (await createKey({ client: admin, randomBytes, checksumKey }, { tenant, scopes, expiresInDays: null })).key
}

/** From now on, an uncached key makes its caller wait until the returned function is called. */
async function holdKeys(): Promise<() => Promise<void>> {
  const holder = await db.connect()
  await holder.query('begin; lock table api_key in access exclusive mode')
  return async () => await holder.end()
}

async function waitsForKeys(name: string): Promise<void> {
  await until(`${name} to wait for api_key`, async () => {
    const waiting = await db.query(
      `select 1 from pg_locks l join pg_stat_activity a using (pid)
       where not l.granted and l.relation = 'api_key'::regclass and a.usename = $1`,
      [new URL(db.urlOf(name)).username],
    )
    return waiting.length === 1
  })
}

async function refusesConnections(url: string): Promise<void> {
  await until('no connection to be taken', async () => {
    const answer = await fetch(`${url}/health`, { headers: { connection: 'close' } }).catch(() => undefined)
    await answer?.arrayBuffer()
    return answer === undefined
  })
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited 15 s for ${what}`)
    await sleep(20)
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
