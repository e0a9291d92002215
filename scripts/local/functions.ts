// The functions' processes, each under the Functions Framework as in the cloud, started on first use.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endProcess, identify, type ProcessIdentity } from '../cli/processes.ts'
import { freePort } from '../database/postgres.ts'
import { accepts, type FunctionSettings, type ProcessDeps, spawnFunction } from './function-process.ts'

export interface FunctionDeps extends ProcessDeps {
  /** Folder of one pid file per process, so that a later start finds the processes that a killed suite left behind. */
  readonly pidFolder: string
}

export interface LocalFunction {
  readonly name: string
  /** Returns its port, once it accepts connections. Concurrent callers share one start; a process that ended is started again. */
  port(): Promise<number>
  /** Returns true when its process accepts connections. */
  isRunning(): boolean
  /**
   * Sends SIGTERM, and SIGKILL when the process has not finished ten seconds later, like the platform does. It cannot be started again.
   * Safe to repeat.
   */
  stop(): Promise<void>
}

/** The pause after a failed start: loading a function occupies a core for some tenths of a second. */
const FAILED_MS = 1_000
const STOP_MS = 10_000

/** Makes a function whose process is not started yet. */
export function localFunction(deps: FunctionDeps, settings: FunctionSettings): LocalFunction {
  let current: Promise<number> | undefined
  let child: ChildProcess | undefined
  let ready = false
  let stopped = false

  const begin = async (): Promise<number> => {
    const port = await freePort()
    if (stopped) throw new Error('the suite is stopping')
    const own = spawnFunction(deps, settings, port)
    child = own
    own.once('exit', (code, signal) => {
      child = undefined
      if (ready) current = undefined
      ready = false
      if (!stopped)
        deps.show(`${settings.name} ended (${signal ?? `exit ${code}`}); it is started again when it is used`)
    })
    try {
      keepIdentity(deps.pidFolder, settings.name, own)
      await accepts(own, port, deps.log)
    } catch (error) {
      // On a full disk the pid file cannot be written. The process is ended then, because no later start could find it.
      await kill(own)
      throw error
    }
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

/** Resolves when the process has ended, or could never be started. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/**
 * Ends the processes that a killed suite left running: only those that the pid files name, and only if they are still the same processes.
 */
export async function endLeftovers(pidFolder: string): Promise<void> {
  mkdirSync(pidFolder, { recursive: true, mode: 0o700 })
  const files = readdirSync(pidFolder).filter((file) => file.endsWith('.pid'))
  await Promise.all(
    files.map(async (file) => {
      const identity = readIdentity(join(pidFolder, file))
      if (identity) await endProcess(identity, 'SIGTERM', 3_000)
      rmSync(join(pidFolder, file), { force: true })
    }),
  )
}

function keepIdentity(pidFolder: string, name: string, { pid }: ChildProcess): void {
  const identity = pid === undefined ? undefined : identify(pid)
  if (identity) writeFileSync(join(pidFolder, `${name}.pid`), JSON.stringify(identity))
}

function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}
