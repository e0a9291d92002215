// CPU time of a database server and of functions, by the system's own accounting: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
import { readdirSync, readFileSync } from 'node:fs'
import type { Client } from 'pg'

/** Linux counts in hundredths of a second. */
const TICK_US = 10_000
/** Positions of fields after the process name, which is in parentheses and may contain blanks. */
const [PARENT, USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM] = [1, 11, 12, 13, 14]

/** Empty for a process that has ended. @throws {Error} where there is no /proc. */
function statOf(pid: string | number): readonly number[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH')
      return []
    throw error
  }
}

const sum = (stat: readonly number[], places: readonly number[]): number =>
  places.reduce((total, place) => total + (stat[place] ?? 0), 0) * TICK_US

/** Microseconds of a process so far. */
export const cpuUsOf = (pid: number): number => sum(statOf(pid), [USER, SYSTEM])

/**
 * Finds the server of a connection. The returned function gives the CPU microseconds of all its processes so far, including those that have
 * ended.
 */
export async function serverCpu(client: Client): Promise<() => number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const server = statOf(rows[0]?.pid ?? 0)[PARENT]
  if (server === undefined) throw new Error('the process of the server was not found')
  return () => {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    const stats = all.map(statOf).filter((stat) => stat[PARENT] === server)
    const own = sum(statOf(server), [USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM])
    return stats.reduce((total, stat) => total + sum(stat, [USER, SYSTEM]), own)
  }
}
