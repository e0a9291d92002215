// Runs the real Functions Framework. When an upgrade of it fails here, framework.ts has to be looked at again.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { firstFormKey } from '../../test/support/http/api-keys.ts'
import { openRaw, startServer } from '../../test/support/http/http.ts'
import { logger } from '../base/logger.ts'
import { standBeforeFramework } from './framework.ts'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'node_modules/@google-cloud/functions-framework/build/src/main.js')
const sources = join(root, 'test/support/http/front-fixture.ts')
const { key } = firstFormKey()
const authorization = `Bearer ${key}`
const children: ChildProcess[] = []
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-front-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  await build({
    entryPoints: [sources],
    outfile: join(folder, 'index.js'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: ['@google-cloud/functions-framework'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'silent',
  })
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Running {
  readonly child: ChildProcess
  readonly port: number
  readonly url: string
  output(): string
  /** Exit code and milliseconds from now. */
  exit(): Promise<{ readonly code: number | null; readonly ms: number }>
}

async function start(source: string, target = 'metrics-ingest', more: Record<string, string> = {}): Promise<Running> {
  const port = await freePort()
  const env = { PATH: process.env['PATH'], FUNCTION_TARGET: target, PORT: String(port), ...more }
  const child = spawn(process.execPath, [main, `--source=${source}`], { env, stdio: 'pipe' })
  children.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString()
    })
  }
  const exited = once(child, 'exit')
  await expect.poll(() => output, { timeout: 25_000 }).toContain('"message":"function.listening"')
  return {
    child,
    port,
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    async exit() {
      const begun = performance.now()
      const [code] = (await exited) as [number | null]
      return { code, ms: performance.now() - begun }
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

const get = (url: string) => fetch(url, { headers: { authorization } })

async function post(
  url: string,
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
): Promise<[number, string | null]> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { authorization, 'content-type': 'application/json', ...headers },
  })
  return [response.status, response.headers.get('content-type')]
}

const problem = 'application/problem+json'
const bomb = new Uint8Array(gzipSync(Buffer.alloc(300_000_000)))

describe.each([
  ['from sources', () => sources],
  ['from a bundle', () => folder],
])('a function under the Functions Framework, %s', (_how, source) => {
  it('is answered for by our front alone', async () => {
    const { url, output } = await start(source())
    expect(await post(`${url}/echo`, '{"a":1}')).toEqual([200, 'application/json'])
    expect(await post(`${url}/echo`, 'x', { 'content-encoding': 'snappy' })).toEqual([415, problem])
    expect(await post(`${url}/echo`, '{"a":')).toEqual([400, problem])
    expect(await post(`${url}/echo`, 'a=1', { 'content-type': 'application/x-www-form-urlencoded' })).toEqual([
      415,
      problem,
    ])
    expect(await post(`${url}/echo`, '{}', { authorization: 'Bearer x' })).toEqual([401, problem])
    expect((await get(`${url}/robots.txt`)).headers.get('content-type')).toBe(problem)
    expect((await get(`${url}/slow/1`)).headers.get('x-powered-by')).toBeNull()
    expect(output()).not.toContain('front.bypassed')
  })

  it('writes no credential into its log, wherever a client puts one, and nothing that a terminal obeys', async () => {
    const { port, url, output } = await start(source())
    const secret = key.slice(-40)
    const encoded = key.replace('pk', '%70%6b')
    for (const path of [`/slow/${key}`, `/${key}/nope`, `/${encoded}`, `/health/${key}`]) {
      await fetch(url + path, { headers: { 'user-agent': `agent ${key} \u009b2J` } })
    }
    for (const [password, path] of [
      [key, 'x'],
      ['hunter2secret', 'y'],
    ] as const) {
      const { socket } = await openRaw(port)
      socket.write(`GET http://user:${password}@h/${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)
    }

    await expect.poll(output).toContain('[redacted]@h/y')
    expect(output()).toContain('"requestUrl":"/slow/pk_[redacted]","status":')
    expect(output()).toContain('"userAgent":"agent pk_[redacted] \\u009b2J"')
    for (const leak of [secret, key.slice(3, 15), 'hunter2secret', '\u009b']) expect(output()).not.toContain(leak)
  })

  it('refuses a bomb before it has gone off', async () => {
    const { url } = await start(source())
    const before = (await (await get(`${url}/memory`)).json()) as number
    const headers = { 'content-encoding': 'gzip' }
    expect(await post(`${url}/echo`, bomb, { ...headers, authorization: 'Bearer x' })).toEqual([401, problem])
    expect(await post(`${url}/echo`, bomb, headers)).toEqual([413, problem])
    const after = (await (await get(`${url}/memory`)).json()) as number
    expect(after - before).toBeLessThan(120_000_000)
  })

  it('goes on after a stray rejection and a stray exception', async () => {
    const { url, output, child } = await start(source())
    const slow = get(`${url}/slow/300`)
    expect(await post(`${url}/stray`, '')).toEqual([204, null])
    expect((await slow).status).toBe(200)
    expect((await get(`${url}/health`)).status).toBe(200)
    expect(output()).toMatch(/"severity":"ERROR"[^\n]*a stray rejection[^\n]*"message":"process.stray_rejection"/)
    expect(output()).toMatch(/"severity":"ERROR"[^\n]*a stray exception[^\n]*"message":"process.stray_exception"/)
    expect(child.exitCode).toBeNull()
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes what is in flight after %s, closes its database and exits with 0',
    async (signal) => {
      const { url, port, child, exit, output } = await start(source())
      const kept = await openRaw(port)
      const line = (path: string): string =>
        `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n\r\n`
      kept.socket.write(line('/slow/1'))
      await kept.until('"slow"')
      const slow = [1, 2, 3].map(() => get(`${url}/slow/2000`))
      await expect.poll(() => output().split('slow 2000 begins').length).toBe(4)
      child.kill(signal)
      child.kill(signal)
      const ended = exit()
      await sleep(100)
      kept.socket.write(line('/slow/2'))
      expect((await kept.until('connection: close')).match(/HTTP\/1\.1 200/g)).toHaveLength(2)
      await expect(fetch(`${url}/health`)).rejects.toThrow()
      const answers = await Promise.all(slow)
      expect(answers.map((answer) => [answer.status, answer.headers.get('connection')])).toEqual(
        Array(3).fill([200, 'close']),
      )
      expect(await ended).toMatchObject({ code: 0 })
      // Before it would give up.
      expect((await ended).ms).toBeLessThan(8_000)
      expect(output()).toContain('the database is closed')
      expect(output()).toContain('"given_up":0')
    },
  )

  it('is the one of the two in its module that is asked for', async () => {
    const { url } = await start(source(), 'metrics-ingest-pubsub')
    expect(await post(url, '{}')).toEqual([204, null])
    expect(await post(`${url}/echo`, '{}')).toEqual([404, problem])
  })
})

describe('a function that is told to end', () => {
  it('gives up within 9 s what takes longer', async () => {
    const { url, child, exit, output } = await start(sources)
    const slow = get(`${url}/slow/30000`).catch(() => 'given up')
    await expect.poll(output).toContain('slow 30000 begins')
    child.kill('SIGTERM')
    const { code, ms } = await exit()
    expect(code).toBe(0)
    expect(ms).toBeLessThan(9_500)
    expect(await slow).toBe('given up')
    expect(output()).toContain('"given_up":1')
  })
})

describe('a function whose output nobody reads any more', () => {
  // The platform sets LOG_EXECUTION_ID, with which the framework puts its own write in front of both streams.
  it.each([{}, { LOG_EXECUTION_ID: 'true' }])('ends instead of failing to log for ever, with %j', async (more) => {
    const { child, url, exit } = await start(folder, 'metrics-ingest', more)
    child.stdout?.destroy()
    child.stderr?.destroy()
    const exited = exit()
    for (let i = 0; i < 10; i++) await post(`${url}/echo`, '{"a":').catch(() => undefined)
    await get(`${url}/stray`).catch(() => undefined)
    if (!('LOG_EXECUTION_ID' in more)) child.kill('SIGTERM')

    expect((await exited).ms).toBeLessThan(8_000)
  })
})

describe('a function with a host of its own', () => {
  // Every address of 127.0.0.0/8 is this machine's where there is one loopback device for them all, as on Linux.
  it.runIf(process.platform === 'linux')('listens there alone', async () => {
    const everywhere = await start(sources)
    expect((await get(`http://127.0.0.2:${everywhere.port}/health`)).status).toBe(200)
    const { url, port } = await start(sources, 'metrics-ingest', { LISTEN_HOST: '127.0.0.1' })
    expect((await get(`${url}/health`)).status).toBe(200)
    await expect(get(`http://127.0.0.2:${port}/health`)).rejects.toThrow('fetch failed')
  })
})

describe('the handler that the framework knows', () => {
  it('answers 500 and cries out when it is called, since then our front was passed by', async () => {
    const fatal = vi.spyOn(logger, 'fatal').mockImplementation(() => {})
    standBeforeFramework('passed-by', { isTarget: false, host: undefined }, () => {
      throw new Error('not this process')
    })
    const server = await startServer(getTestServer('passed-by'))
    const response = await fetch(`${server.url}/api`)
    expect([response.status, response.headers.get('content-type')]).toEqual([500, problem])
    expect(await response.json()).toMatchObject({ status: 500, detail: expect.any(String) })
    expect(fatal).toHaveBeenCalledWith({ function: 'passed-by' }, 'front.bypassed')
    fatal.mockRestore()
    await server.stop()
  })
})
