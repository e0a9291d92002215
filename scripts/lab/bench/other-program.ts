// Another program of this machine, started in a folder of its own, to be measured in turns with the functions.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface OtherProgram {
  readonly pid: number
  /** Ends the program and deletes its folder. */
  stop(): Promise<void>
}

interface ProgramToStart {
  /** The program's name in the PATH, or its path. */
  readonly command: string
  /** Writes the configuration into the empty folder, and returns the arguments. */
  readonly prepare: (folder: string) => readonly string[]
  /** Resolves with true as soon as the program answers, and with false before. */
  readonly isReady: () => Promise<boolean>
}

const READY_MS = 20_000
const PAUSE_MS = 50

/** Starts the program; returns undefined when the machine does not have it. @throws {Error} when it does not answer within 20 s. */
export async function startOther({ command, prepare, isReady }: ProgramToStart): Promise<OtherProgram | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-other-'))
  const child = spawn(command, prepare(folder), { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  const deadline = performance.now() + READY_MS
  while (child.pid !== undefined && child.exitCode === null && performance.now() < deadline) {
    if (await isReady()) return { pid: child.pid, stop }
    await sleep(PAUSE_MS)
  }
  await stop()
  if (child.pid === undefined) return undefined
  throw new Error(`${command} does not answer`)
}

/** Resolves with true when the address answers with a status of 200 to 299 within the limit. */
export async function isAnswered(url: string, method: 'GET' | 'POST' = 'GET'): Promise<boolean> {
  try {
    return (await fetch(url, { method, signal: AbortSignal.timeout(READY_MS) })).ok
  } catch {
    return false
  }
}
