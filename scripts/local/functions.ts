// The functions' processes: each under the Functions Framework as in the cloud, started when it is first used.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../postgres.ts'
import type { ProcessLog } from './process-log.ts'
import { endProcess, identify, type ProcessIdentity } from './processes.ts'

export interface FunctionSettings {
  readonly name: string
  /** Absolute path of its index.ts. */
  readonly source: string
  /** Its whole environment but for the port: nothing of ours gets in by chance. */
  readonly environment: Readonly<Record<string, string>>
}

export interface FunctionDeps {
  /** Keeps a pid file per process, so that a later start finds what a killed suite left. */
  readonly pidFolder: string
  readonly log: ProcessLog
  readonly show: (line: string) => void
}

export interface LocalFunction {
  readonly name: string
  /** Its port, once it takes connections. Callers that come while it starts share one start; one that ended is started again. */
  port(): Promise<number>
  /** Whether its process takes connections. */
  isRunning(): boolean
  /** SIGTERM, and SIGKILL when it has not finished ten seconds later, as the platform does. Then it starts no more. Safe to repeat. */
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 30_000
/** After a failed start the next is not tried at once: each costs half a second of a core. */
const FAILED_MS = 1_000
const STOP_MS = 10_000
const FRAMEWORK = join(dirname(createRequire(import.meta.url).resolve('@google-cloud/functions-framework')), 'main.js')

/** A function that is not running yet. */
export function localFunction(deps: FunctionDeps, settings: FunctionSettings): LocalFunction {
  let current: Promise<number> | undefined
  let child: ChildProcess | undefined
  let ready = false
  let stopped = false

  const begin = async (): Promise<number> => {
    const port = await freePort()
    if (stopped) throw new Error('the suite is stopping')
    const own = launch(deps, settings, port)
    child = own
    own.once('exit', (code, signal) => {
      child = undefined
      if (ready) current = undefined
      ready = false
      if (!stopped)
        deps.show(`${settings.name} ended (${signal ?? `exit ${code}`}); it is started again when it is used`)
    })
    await accepts(own, port, deps.log)
    ready = true
    return port
  }

  return {
    name: settings.name,
    port() {
      if (current) return current
      const started = begin()
      current = started
      started.catch(async () => {
        await sleep(FAILED_MS)
        if (current === started) current = undefined
      })
      return started
    },
    isRunning: () => ready,
    async stop() {
      stopped = true
      const identity = child?.pid === undefined ? undefined : identify(child.pid)
      if (identity) await endProcess(identity, 'SIGTERM', STOP_MS)
      rmSync(join(deps.pidFolder, `${settings.name}.pid`), { force: true })
    },
  }
}

/** Ends what a suite that was killed left running. Only processes that the pid files name, and only while they are the same ones. */
export async function endLeftovers(pidFolder: string): Promise<void> {
  mkdirSync(pidFolder, { recursive: true })
  const files = readdirSync(pidFolder).filter((file) => file.endsWith('.pid'))
  await Promise.all(
    files.map(async (file) => {
      const identity = readIdentity(join(pidFolder, file))
      if (identity) await endProcess(identity, 'SIGTERM', 3_000)
      rmSync(join(pidFolder, file), { force: true })
    }),
  )
}

function launch(deps: FunctionDeps, settings: FunctionSettings, port: number): ChildProcess {
  const child = spawn(process.execPath, [FRAMEWORK, `--source=${settings.source}`], {
    env: { ...settings.environment, FUNCTION_TARGET: settings.name, PORT: String(port) },
    // A group of its own: Ctrl-C reaches the suite alone, which stops things in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.on('error', (error) => deps.show(`${settings.name} cannot be started: ${error.message}`))
  child.stdout.on('data', (chunk: Buffer) => deps.log.write(chunk))
  child.stderr.on('data', (chunk: Buffer) => deps.log.write(chunk))
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (identity) writeFileSync(join(deps.pidFolder, `${settings.name}.pid`), JSON.stringify(identity))
  return child
}

/** The framework listens once the function's module is loaded. */
async function accepts(child: ChildProcess, port: number, log: ProcessLog): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  const said = Promise.race([once(child, 'close'), sleep(START_TIMEOUT_MS, undefined, { ref: false })]).catch(() => {})
  for (;;) {
    const connected = await connects(port)
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      await said
      throw new Error(`it ended while it started: ${log.lastError() || 'its log says more'}`)
    }
    if (connected) return
    if (Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`it took no connections within ${START_TIMEOUT_MS / 1000} s`)
    }
    await sleep(20)
  }
}

async function connects(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(1_000, () => socket.destroy())
    socket.once('connect', () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('error', () => {})
    socket.once('close', () => resolve(false))
  })
}

function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}
