// Identifies processes, because a pid alone may by now belong to another program.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process by its pid and the time of its start, which no later process with that pid has. */
export interface ProcessIdentity {
  readonly pid: number
  /** Opaque: equal only for the same process of the same boot. */
  readonly began: string
}

/** Returns the identity of a living process; undefined when there is none with that pid, or only a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const began = beginning(pid)
  return began === undefined ? undefined : { pid, began }
}

export function isAlive(identity: ProcessIdentity): boolean {
  const began = beginning(identity.pid)
  return began !== undefined && began === identity.began
}

/** Returns the program and arguments of a living process; empty when there is none or they are not readable. */
export function commandLine(pid: number): readonly string[] {
  if (!isPid(pid)) return []
  try {
    if (process.platform !== 'linux') return ps(pid, 'args=').split(' ')
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

/**
 * Ends a process: sends the signal, and SIGKILL after `patienceMs`. Safe to repeat; does nothing when the process has ended already.
 * @throws {Error} when even SIGKILL does not end it within 5 s.
 */
export async function endProcess(identity: ProcessIdentity, signal: NodeJS.Signals, patienceMs: number): Promise<void> {
  if (await endsAfter(identity, signal, patienceMs)) return
  if (await endsAfter(identity, 'SIGKILL', 5_000)) return
  throw new Error(`process ${identity.pid} does not end`)
}

async function endsAfter(identity: ProcessIdentity, signal: NodeJS.Signals, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs
  if (isAlive(identity)) process.kill(identity.pid, signal)
  while (isAlive(identity)) {
    if (Date.now() > deadline) return false
    await sleep(20)
  }
  return true
}

/** Linux has the start time in /proc, even without `ps`; other systems include `ps`. */
function beginning(pid: number): string | undefined {
  if (!isPid(pid)) return undefined
  try {
    if (process.platform !== 'linux') return ps(pid, 'lstart=') || undefined
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything; state and start time are fields 3 and 22. See proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`
  } catch {
    return undefined
  }
}

const isPid = (pid: number): boolean => Number.isSafeInteger(pid) && pid > 1

const ps = (pid: number, format: string): string =>
  execFileSync('ps', ['-o', format, '-p', String(pid)])
    .toString()
    .trim()
