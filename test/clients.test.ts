// The clients against the running suite: write, read back, page, and a refusal.
import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { monthOf } from '@penstock/shared/base/time.ts'
import type { DocumentedRoute } from '@penstock/shared/base/wire.ts'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient, type Received } from '../clients/typescript/client.ts'
import { stringifyExact } from '../clients/typescript/json.ts'
import { ProblemError } from '../clients/typescript/problem.ts'
import { rootFolder } from '../scripts/cli/state.ts'
import { freePort } from '../scripts/database/postgres.ts'
import { routesOf } from '../scripts/deploy/deployments.ts'
import { examplesOf } from '../scripts/deploy/examples.ts'
import { plantRows } from '../scripts/deploy/plant-rows.ts'
import { seededRandom } from '../scripts/lab/random.ts'
import { type Suite, startSuite } from '../scripts/local/suite.ts'
import { differenceFrom } from './support/house/answer-check.ts'
import { type ExampleCall, toCall } from './support/http/example-call.ts'

let folder: string
let suite: Suite
let client: Client
/** The same client for operations whose names only the test knows. */
let anyCall: { send(name: string, call: ExampleCall): Promise<Received<unknown>> }
const world = { tenant: 'default', monthMs: Date.parse(monthOf(Date.now() * 1_000)), planted: 'planted', cursors: {} }
const start = Math.floor(Date.now() / 60_000) * 60_000 - 600_000
const instant = (second: number): string => new Date(start + second * 1000).toISOString()
const range = { start_time: instant(0), end_time: instant(300) }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-clients-test-'))
  chmodSync(folder, 0o755)
  suite = await startSuite({
    open: false,
    tier: 'standard',
    rootFolder,
    stateFolder: folder,
    own: { PATH: process.env['PATH'] },
    show: () => {},
    signal: new AbortController().signal,
    port: await freePort(),
  })
  client = createClient({ url: suite.local.base_url, credential: suite.local.api_key })
  anyCall = client as never
  const database = new pg.Client(suite.local.database_url)
  await database.connect()
  const only = ({ owner }: { readonly owner: string }) =>
    owner === 'functions/backfill' || owner === 'functions/feedback'
  const { rows } = await database.query<{ id: number }>(`select id from tenant where name = 'default'`)
  await plantRows(database, { tenant: rows[0]?.id ?? 0, n: 0, monthMs: world.monthMs, only })
  await database.end()
})

afterAll(async () => {
  await suite.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Points of one series, a second apart. */
const pointsOf = (service_name: string, count: number) =>
  Array.from({ length: count }, (_, second) => ({
    service_name,
    metric_type: 'temperature',
    metric_value: second + 0.5,
    unit: 'C',
    timestamp: instant(second),
    metric_metadata: { room: second % 2 === 0 ? 'north & south' : '2' },
  }))

describe('the client for TypeScript', () => {
  it('reads back what it wrote, page by page', async () => {
    const points = pointsOf('typescript', 25)
    expect(await client.call('metrics-ingest.batch', { body: points })).toHaveLength(25)

    const pages: number[][] = []
    const query = { ...range, service_name: 'typescript', limit: 10 }
    for await (const page of client.pages('metrics-query.range', { query }))
      pages.push(page.map(({ metric_value }) => metric_value))
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5])
    expect(pages.flat()).toEqual(points.map(({ metric_value }) => metric_value).toReversed())

    const labels = { room: 'north & south' }
    const north = await client.call('metrics-query.range', { query: { ...query, limit: 100, labels } })
    expect(north.map(({ metric_metadata }) => metric_metadata)).toEqual(Array.from({ length: 13 }, () => labels))
  })

  it('reads every form of an answer', async () => {
    await client.call('metrics-ingest.batch', { body: pointsOf('forms', 3), header: { Prefer: 'return=minimal' } })
    const query = { ...range, service_name: 'forms', labels: { room: '2' } }
    const columns = await client.call(
      'metrics-query.range',
      { query },
      { accept: 'application/vnd.penstock.columns+json' },
    )
    expect(columns.map(({ values }) => values)).toEqual([[1.5]])
    const csv = await client.call('metrics-query.range', { query }, { accept: 'text/csv' })
    expect(csv.split('\r\n')).toEqual([expect.stringContaining('metric_value'), expect.stringMatching(/,1\.5$/), ''])
    const accept = 'application/vnd.apache.arrow.stream'
    const arrow: Uint8Array = await client.call('metrics-query.range', { query }, { accept })
    expect(new DataView(arrow.buffer).getUint32(0)).toBe(0xff_ff_ff_ff)
  })

  it('tells the headers of an answer, and what has not changed', async () => {
    const document = await client.send('console.document')
    expect([document.status, document.answer?.openapi]).toEqual([200, expect.stringMatching(/^3\.1\./)])
    const etag = document.headers.get('etag') ?? ''
    const same = await client.send('console.document', { header: { 'If-None-Match': etag } })
    expect([etag === '', same.status, same.answer, same.headers.get('etag')]).toEqual([false, 304, undefined, etag])

    const stored = await client.send('metrics-ingest.one', {
      body: pointsOf('headers', 1)[0] as never,
      header: { Prefer: 'return=minimal' },
    })
    expect(stored.headers.get('preference-applied')).toBe('return=minimal')
  })

  it('holds blocks that a double cannot hold', async () => {
    const body = { job_type: 'exact', start_block: 2n ** 53n + 1n, end_block: 2n ** 63n - 1n }
    const job = await client.call('backfill.start', { body })
    expect([job.start_block, job.end_block]).toEqual([body.start_block, body.end_block])
    expect(await client.call('backfill.job', { path: { job_id: job.id } })).toMatchObject({ end_block: body.end_block })
  })

  it('throws the problem of a refusal, with its kind and the field', async () => {
    const body = [{ service_name: 'x', metric_type: 'y', metric_value: 1, unit: 'u'.repeat(500) }]
    const refused = await client.call('metrics-ingest.batch', { body }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ProblemError)
    expect(refused).toMatchObject({ status: 422, kind: 'invalid-request' })
    expect((refused as ProblemError).problem.errors?.[0]?.pointer).toContain('unit')

    const stranger = createClient({ url: suite.local.base_url, credential: 'pk_nobody' })
    await expect(stranger.call('metrics-query.series')).rejects.toMatchObject({ status: 401, kind: 'unauthenticated' })
    await expect(client.call('partitions.run')).rejects.toMatchObject({ status: 403, kind: 'forbidden' })
  })

  it('runs a job, follows it, and gets nothing where nothing is answered', async () => {
    const operator = createClient({ url: suite.local.base_url, credential: suite.local.operator_key })
    expect(await operator.call('partitions.run')).toBeTypeOf('object')

    const body = { job_type: 'typescript', start_block: 0, end_block: 9 }
    const job = await client.call('backfill.start', { body })
    const path = { job_id: job.id }
    expect(await client.call('backfill.job', { path })).toMatchObject({ id: job.id, end_block: 9 })
    await expect(client.call('backfill.job', { path: { job_id: crypto.randomUUID() } })).rejects.toMatchObject({
      kind: 'not-found',
    })
    expect(await client.call('metrics-ingest.ping')).toBeUndefined()
    expect(await client.call('metrics-ingest.influxV1', { body: 'line,room=2 value=1' })).toBeUndefined()
  })
})

describe.each(['metrics-ingest', 'metrics-query', 'feedback', 'backfill'])('the operations of %s', (slice) => {
  const served = { slice, entry: 'http' }

  it('answer the client their examples as the contract says', async () => {
    const examples = await examplesOf(served)
    for (const [key, route] of Object.entries(await routesOf(served)))
      for (const [i, make] of (examples[key] ?? []).entries()) {
        const example = make(world, seededRandom(`${key} ${i}`))
        const { status, answer, headers } = await anyCall.send(`${slice}.${key}`, toCall(example))
        const body = answer instanceof Uint8Array ? Buffer.from(answer) : bodyOf(answer)
        const seen = { status, headers: Object.fromEntries(headers), body }
        expect(differenceFrom(route as DocumentedRoute, seen), `${slice}.${key}, example ${i}`).toBeUndefined()
      }
  })
})

/** JSON as it came, or text. */
const bodyOf = (answer: unknown): Buffer | undefined =>
  answer === undefined ? undefined : Buffer.from(typeof answer === 'string' ? answer : stringifyExact(answer))

const PYTHON = `
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from penstock import Penstock, Problem
given = json.load(sys.stdin)
suite = Penstock(given["url"], given["key"])
stored = suite.write(given["points"])
read = [point["metric_value"] for point in suite.points(service_name="python", limit=10, **given["range"])]
north = list(suite.points(labels={"room": "north & south"}, service_name="python", **given["range"]))
try:
    list(suite.points(service_name="python", start_time="yesterday", end_time="today"))
except Problem as problem:
    refused = [problem.status, problem.kind, problem.errors[0]["pointer"]]
day = suite.aggregate(service_name="python", metric_type="temperature", interval="hour", **given["range"])
json.dump([len(stored), read, len(north), refused, sum(hour["count"] for hour in day["data"])], sys.stdout)
`

/** Returns whether the program is there; a version before 3.9 counts as none. */
function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('the example for Python', () => {
  it.skipIf(!hasPython())(
    'reads back what it wrote, page by page, and names a refusal (needs python3, 3.9 or newer)',
    async () => {
      const points = pointsOf('python', 25)
      const run = promisify(execFile)('python3', ['-c', PYTHON, join(rootFolder, 'docs/examples/python')], {
        timeout: 60_000,
      })
      run.child.stdin?.end(JSON.stringify({ url: suite.local.base_url, key: suite.local.api_key, points, range }))
      expect(JSON.parse((await run).stdout)).toEqual([
        25,
        points.map(({ metric_value }) => metric_value).toReversed(),
        13,
        [422, 'invalid-request', expect.stringContaining('start_time')],
        25,
      ])
    },
  )
})
