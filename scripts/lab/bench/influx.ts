// Runs InfluxDB 1 for comparison when the machine has it: `influxd` of Debian's package influxdb, in the PATH or named by INFLUXD.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../database/postgres.ts'
import { isAnswered, type OtherProgram, startOther } from './other-program.ts'

export interface Influx extends OtherProgram {
  readonly port: number
}

export const INFLUX_DATABASE = 'bench'

/**
 * Starts InfluxDB with an empty folder, a database and its defaults; returns undefined when the machine does not have it. @throws {Error} when it does
 * not answer.
 */
export async function startInflux(own: Readonly<Record<string, string | undefined>>): Promise<Influx | undefined> {
  const [port, rpc] = [await freePort(), await freePort()]
  const q = new URLSearchParams({ q: `CREATE DATABASE ${INFLUX_DATABASE}` })
  const program = await startOther({
    command: own['INFLUXD'] ?? 'influxd',
    prepare(folder) {
      const file = join(folder, 'influxdb.conf')
      writeFileSync(file, configuration(folder, port, rpc))
      return ['-config', file]
    },
    isReady: () => isAnswered(`http://127.0.0.1:${port}/query?${q.toString()}`, 'POST'),
  })
  return program && { ...program, port }
}

const configuration = (folder: string, port: number, rpc: number): string => `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${join(folder, 'meta')}"
[data]
  dir = "${join(folder, 'data')}"
  wal-dir = "${join(folder, 'wal')}"
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
`
