// The process of one function: under the Functions Framework, as in the cloud.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessLog } from './process-log.ts'

export interface FunctionSettings {
  readonly name: string
  /** Absolute path of its index.ts. */
  readonly source: string
  /** Its whole environment except the port: no variable is inherited by accident. */
  readonly environment: Readonly<Record<string, string>>
}

export interface ProcessDeps {
  readonly log: ProcessLog
  readonly show: (line: string) => void
}

const START_TIMEOUT_MS = 30_000
const FRAMEWORK = join(dirname(createRequire(import.meta.url).resolve('@google-cloud/functions-framework')), 'main.js')

/** Starts the process in a group of its own: Ctrl-C then reaches only the suite, which stops its parts in order. */
export function spawnFunction(deps: ProcessDeps, settings: FunctionSettings, port: number): ChildProcess {
  const child = spawn(process.execPath, [FRAMEWORK, `--source=${settings.source}`], {
    env: { ...settings.environment, FUNCTION_TARGET: settings.name, PORT: String(port) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.on('error', (error) => deps.show(`${settings.name} cannot be started: ${error.message}`))
  child.stdout.on('data', (chunk: Buffer) => deps.log.write(chunk))
  child.stderr.on('data', (chunk: Buffer) => deps.log.write(chunk))
  return child
}

/**
 * Resolves when the process accepts connections: the framework listens once the function's module is loaded.
 * @throws {Error} with the log's last error when the process ends first, or does not listen within 30 s; then it is killed.
 */
export async function accepts(child: ChildProcess, port: number, log: ProcessLog): Promise<void> {
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
