import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type RequestOptions, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commandLine, identify } from '../cli/processes.ts'
import { rootFolder } from '../cli/state.ts'
import { freePort } from '../database/postgres.ts'
import { type Suite, startSuite } from './suite.ts'
import { welcome } from './welcome.ts'

let folder: string
let suite: Suite
const shown: string[] = []
const controller = new AbortController()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-suite-test-'))
  chmodSync(folder, 0o755)
  suite = await start()
})

afterAll(async () => {
  await suite.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('what the welcome prints works as it is printed', async () => {
  const lines = welcome(suite.local, Date.now(), 1_234, false)
    .split('\n')
    .filter((line) => line.startsWith('curl '))
  expect(lines).toHaveLength(3)

  for (const line of lines) {
    const { stdout } = await promisify(execFile)('bash', ['-c', `${line} -w '\n%{http_code}'`])
    expect(stdout).toMatch(/"pump-1"[^]*\n200$/)
  }
})

test('no web page and no other user of the machine gets a token, publishes, or reaches the archive', async () => {
  const { pubsub_url, storage_url, user_issuer } = suite.local
  const token = '/token?tenant=default&subject=evil'
  const publish = '/v1/projects/local/topics/metrics:publish'
  const buckets = '/storage/v1/b?project=local'
  const upload = '/upload/storage/v1/b/penstock-archive/o?uploadType=media&name=evil'
  const messages = JSON.stringify({ messages: [{ data: 'e30=' }] })
  const calls: readonly (readonly [base: string, path: string, method: string, body?: string])[] = [
    [user_issuer, token, 'GET'],
    [pubsub_url, publish, 'POST', messages],
    [storage_url, buckets, 'GET'],
    [storage_url, upload, 'POST', 'evil'],
  ]
  for (const [base, path, method, body] of calls) {
    const { origin, port } = new URL(base)
    expect(await statusOf(origin + path, { method }, body)).toBe(404)
    expect(await statusOf(`${origin}/${'x'.repeat(32)}${path}`, { method }, body)).toBe(404)
    expect(await statusOf(base + path, { method, headers: { origin: 'https://evil.example' } }, body)).toBe(403)
    expect(
      await statusOf(base + path, { method, headers: { origin: 'null', 'content-type': 'text/plain' } }, body),
    ).toBe(403)
    expect(await statusOf(base + path, { method, headers: { host: `evil.example:${port}` } }, body)).toBe(403)
    expect(await statusOf(base + path, { method, headers: { host: `localhost:${port}` } }, body)).toBe(200)
  }
  expect(statSync(join(folder, 'storage')).mode & 0o077).toBe(0)
  expect(statSync(join(folder, 'logs')).mode & 0o077).toBe(0)
})

test('a published message of a tenant arrives with the token that functions verify', async () => {
  const entry = { service_name: 'published', metric_type: 'level', metric_value: 7, unit: 'm' }
  const data = Buffer.from(JSON.stringify(entry)).toString('base64')
  const topic = `${suite.local.pubsub_url}/v1/projects/local/topics/metrics:publish`
  expect((await fetch(topic, { method: 'POST', body: JSON.stringify({ messages: [{ data }] }) })).status).toBe(200)

  await expect.poll(async () => await valuesOf('published'), { timeout: 10_000 }).toEqual([7])
})

test("a user's token of the local issuer speaks for that user alone, and writes no points", async () => {
  const { base_url, user_issuer } = suite.local
  const token = await (await fetch(`${user_issuer}/token?tenant=default&subject=alice`)).text()
  const post = async (path: string, body: object) =>
    await fetch(`${base_url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const rating = { insight_id: 'pump-1', user_id: 'alice', rating: 5 }

  expect((await post('/api/v1/feedback/rate', rating)).status).toBe(200)
  expect((await post('/api/v1/feedback/rate', { ...rating, user_id: 'bob' })).status).toBe(403)
  expect((await post('/api/v1/monitoring/metrics', {})).status).toBe(403)
})

test('a function that died is started again by the next request, and the terminal was told', async () => {
  expect(await valuesOf('nobody')).toEqual([])
  const { pid } = JSON.parse(readFileSync(join(folder, 'run', 'metrics-query.pid'), 'utf8')) as { pid: number }
  expect(commandLine(pid).join(' ')).toContain('metrics-query')
  process.kill(pid, 'SIGKILL')
  // Until the suite has heard of it, requests still go to where the process was, and are answered 502.
  await expect.poll(() => shown).toContain('metrics-query ended (SIGKILL); it is started again when it is used')

  expect(await valuesOf('nobody')).toEqual([])
})

test('every function has a URL of its own, whether it runs or not', async () => {
  for (const [name, url] of Object.entries(suite.local.functions)) {
    expect([name, (await fetch(`${url}/health`)).status]).toEqual([name, 200])
  }
  expect((await fetch(`${suite.local.base_url}/health`)).status).toBe(200)
})

test('the storage keeps what functions archive, in a bucket that is there', async () => {
  const bucket = `${suite.local.storage_url}/storage/v1/b/penstock-archive`
  expect((await fetch(bucket)).status).toBe(200)
})

test('the operator may run a job, and the tenant may not', async () => {
  const run = async (key: string) =>
    await fetch(`${suite.local.base_url}/api/v1/monitoring/partitions/run`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{}',
    })

  expect((await run(suite.local.operator_key)).status).toBe(200)
  expect((await run(suite.local.api_key)).status).toBe(403)
})

test('a stop ends every process, and the next start has the same data and keys', async () => {
  const before = suite.local
  const values = await valuesOf('pump-1')
  const pids = ['metrics-query', 'metrics-ingest', 'partitions'].map((name) => readPid(`run/${name}.pid`))
  pids.push(Number(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]))
  await suite.stop()

  expect(pids.map((pid) => identify(pid))).toEqual([undefined, undefined, undefined, undefined])
  expect(existsSync(join(folder, 'local.json'))).toBe(false)
  await expect(fetch(`${before.base_url}/health`)).rejects.toThrow()

  suite = await start()
  expect([suite.local.api_key, suite.local.operator_key]).toEqual([before.api_key, before.operator_key])
  expect(await valuesOf('pump-1')).toEqual(values)
})

test('a port that is taken is said in a line, and nothing stays behind', async () => {
  const other = mkdtempSync(join(tmpdir(), 'penstock-suite-test-'))
  chmodSync(other, 0o755)
  try {
    const port = Number(new URL(suite.local.base_url).port)
    await expect(startSuite({ ...options(), port, stateFolder: other })).rejects.toThrow(`port ${port} is in use`)
    expect(existsSync(join(other, 'postgres', 'postmaster.pid'))).toBe(false)
  } finally {
    rmSync(other, { recursive: true, force: true })
  }
})

const options = () => ({
  open: false,
  tier: 'standard' as const,
  rootFolder,
  stateFolder: folder,
  own: { PATH: process.env['PATH'] },
  show: (line: string) => shown.push(line),
  signal: controller.signal,
})

async function start(): Promise<Suite> {
  return await startSuite({ ...options(), port: await freePort() })
}

async function valuesOf(service: string): Promise<number[]> {
  const query = new URLSearchParams({
    service_name: service,
    start_time: new Date(Date.now() - 3_600_000).toISOString(),
    end_time: new Date(Date.now() + 3_600_000).toISOString(),
  }).toString()
  const answer = await fetch(`${suite.local.base_url}/api/v1/monitoring/metrics?${query}`, {
    headers: { authorization: `Bearer ${suite.local.api_key}` },
  })
  return ((await answer.json()) as { metric_value: number }[]).map((point) => point.metric_value)
}

const readPid = (path: string): number => (JSON.parse(readFileSync(join(folder, path), 'utf8')) as { pid: number }).pid

/** By hand: `fetch` writes `Host` itself. */
async function statusOf(url: string, options: RequestOptions, body?: string): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    const asked = request(url, options, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode))
    })
    asked.once('error', reject)
    asked.end(body)
  })
}
