// The clients against the running suite: write, read back, page, and a refusal.
import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../clients/typescript/client.ts'
import { ProblemError } from '../clients/typescript/problem.ts'
import { rootFolder } from '../scripts/cli/state.ts'
import { freePort } from '../scripts/database/postgres.ts'
import { type Suite, startSuite } from '../scripts/local/suite.ts'

let folder: string
let suite: Suite
let client: Client
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
