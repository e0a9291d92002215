import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commandLine, identify, type ProcessIdentity } from '../cli/processes.ts'
import { send } from '../cli/send.ts'
import { endLeftovers, type LocalFunction, localFunction } from './functions.ts'
import { openProcessLog, type ProcessLog } from './process-log.ts'

const framework = pathToFileURL(createRequire(import.meta.url).resolve('@google-cloud/functions-framework')).href
const PROBE = `import framework from ${JSON.stringify(framework)}
framework.http('probe', (request, response) => {
  if (request.path === '/crash') process.kill(process.pid, 'SIGKILL')
  response.json({ pid: process.pid, environment: process.env })
})`

let folder: string
let shown: string[]
let log: ProcessLog
let made: LocalFunction[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-functions-test-'))
  mkdirSync(join(folder, 'run'))
  shown = []
  made = []
  log = openProcessLog({ clock: Date.now, show: (line) => shown.push(line) }, 'probe', join(folder, 'probe.log'))
})

afterEach(async () => {
  await Promise.all(made.map((one) => one.stop()))
  await log.close()
  rmSync(folder, { recursive: true, force: true })
})

test('the first requests share one start, and its environment is what it was given', async () => {
  const probe = make(PROBE, { GREETING: 'hello' })
  expect(probe.isRunning()).toBe(false)

  const answers = await Promise.all([ask(probe), ask(probe), ask(probe)])

  expect(new Set(answers.map((answer) => answer.pid)).size).toBe(1)
  expect(probe.isRunning()).toBe(true)
  expect(Object.keys(answers[0]?.environment ?? {}).sort()).toEqual(['FUNCTION_TARGET', 'GREETING', 'PORT'])
})

test('one that ended is started again when it is used, and the terminal says that it ended', async () => {
  const probe = make(PROBE)
  const { pid } = await ask(probe)
  await expect(ask(probe, '/crash')).rejects.toThrow()
  await expect.poll(() => probe.isRunning()).toBe(false)

  expect((await ask(probe)).pid).not.toBe(pid)
  expect(shown).toEqual(['probe ended (SIGKILL); it is started again when it is used'])
})

test('one that cannot start says why, and is tried again a second later, not at once', async () => {
  const probe = make(`import { appendFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(join(folder, 'starts'))}, 'x')
throw new TypeError('no settings')`)
  const starts = () => readFileSync(join(folder, 'starts'), 'utf8').length

  await expect(probe.port()).rejects.toThrow(/TypeError: no settings/)
  await expect(probe.port()).rejects.toThrow(/TypeError: no settings/)
  expect(starts()).toBe(1)
  await expect.poll(() => probe.port().catch(() => starts()), { timeout: 5_000, interval: 100 }).toBe(2)
})

test('a stopped one has ended, leaves no pid file and starts no more', async () => {
  const probe = make(PROBE)
  const { pid } = await ask(probe)
  expect(existsSync(join(folder, 'run', 'probe.pid'))).toBe(true)

  await Promise.all([probe.stop(), probe.stop()])

  expect(identify(pid)).toBeUndefined()
  expect(existsSync(join(folder, 'run', 'probe.pid'))).toBe(false)
  expect(shown).toEqual([])
})

test('one that is stopped while it starts does not stay behind', async () => {
  const probe = make(PROBE)
  const starting = probe.port().catch((error: unknown) => error)
  await probe.stop()

  expect(String(await starting)).toMatch(/stopping|ended while it started/)
  expect(probe.isRunning()).toBe(false)
})

test('one whose pid file cannot be written is ended: no start leaves a process behind', async () => {
  rmSync(join(folder, 'run'), { recursive: true })
  const probe = make(PROBE)

  await expect(probe.port()).rejects.toThrow(/ENOENT.*probe\.pid/)
  expect(processesOf(join(folder, 'index.mjs'))).toEqual([])
  expect(probe.isRunning()).toBe(false)

  mkdirSync(join(folder, 'run'))
  await expect.poll(() => probe.port().catch(() => 0), { timeout: 10_000, interval: 100 }).toBeGreaterThan(0)
  if (process.platform === 'linux') expect(processesOf(join(folder, 'index.mjs'))).toHaveLength(1)
})

test('what a killed suite left running is ended at the next start, and nothing else', async () => {
  const [left, stranger] = await Promise.all([bystander(), bystander()])
  try {
    writeFileSync(join(folder, 'run', 'left.pid'), JSON.stringify(left))
    writeFileSync(join(folder, 'run', 'reused.pid'), JSON.stringify({ ...stranger, began: 'before' }))
    writeFileSync(join(folder, 'run', 'torn.pid'), '{"pid":')

    await endLeftovers(join(folder, 'run'))

    expect(identify(left.pid)).toBeUndefined()
    expect(identify(stranger.pid)).toEqual(stranger)
    await expect(endLeftovers(join(folder, 'run'))).resolves.toBeUndefined()
  } finally {
    process.kill(stranger.pid, 'SIGKILL')
  }
})

/** Living processes of a function's source; none where they cannot be seen. */
function processesOf(source: string): number[] {
  if (process.platform !== 'linux') return []
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((pid) => commandLine(pid).includes(`--source=${source}`))
}

function make(source: string, environment: Record<string, string> = {}): LocalFunction {
  writeFileSync(join(folder, 'index.mjs'), source)
  const deps = { pidFolder: join(folder, 'run'), log, show: (line: string) => shown.push(line) }
  const one = localFunction(deps, { name: 'probe', source: join(folder, 'index.mjs'), environment })
  made.push(one)
  return one
}

async function ask(probe: LocalFunction, path = '/'): Promise<{ pid: number; environment: Record<string, string> }> {
  const answer = await send(`http://127.0.0.1:${await probe.port()}${path}`, { method: 'GET', timeoutMs: 5_000 })
  return JSON.parse(answer.body) as { pid: number; environment: Record<string, string> }
}

async function bystander(): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ['-e', `console.log('up');setInterval(() => {}, 1000)`])
  await once(child.stdout, 'data')
  return identify(child.pid ?? 0) ?? { pid: 0, began: '' }
}
