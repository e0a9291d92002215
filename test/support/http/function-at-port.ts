// A function as a process, at an address that survives its restarts, for clients with a fixed address.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from '../../../scripts/database/postgres.ts'
import { functionSettings } from '../../../scripts/lab/stand/lab-function.ts'
import { accepts, spawnFunction } from '../../../scripts/local/function-process.ts'
import type { ProcessLog } from '../../../scripts/local/process-log.ts'
import { checksumKey } from './api-keys.ts'

export interface FunctionAtPort {
  readonly port: number
  /** Resolves when the function accepts connections. @throws {Error} with its log when it does not. */
  start(): Promise<void>
  /** Sends SIGKILL; resolves when the process has ended. Safe to repeat. */
  kill(): Promise<void>
}

/** Prepares a function by its name, without starting it. */
export async function functionAtPort(
  deps: { readonly log: ProcessLog },
  name: string,
  databaseUrl: string,
): Promise<FunctionAtPort> {
  const nowhere = 'http://127.0.0.1:1'
  const settings = functionSettings(name, {
    databaseUrl,
    issuer: { issuer: nowhere, jwksUrl: `${nowhere}/certs` },
    keys: { cursor: '01'.repeat(32), pointId: '02'.repeat(16), checksum: checksumKey.toString('hex') },
    open: false,
    own: { PATH: process.env['PATH'] },
  })
  const port = await freePort()
  let child: ChildProcess | undefined
  return {
    port,
    async start() {
      child = spawnFunction({ log: deps.log, show: () => {} }, settings, port)
      await accepts(child, port, deps.log)
    },
    async kill() {
      if (child) await kill(child)
    },
  }
}

/** Kills a process without letting it clean up. Safe to repeat. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
