// Runs InfluxDB 1 for comparison when the machine has it: `influxd` of Debian's package influxdb, in the PATH or named by INFLUXD.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Influx {
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

const ATTEMPTS = 100
const PAUSE_MS = 100
export const INFLUX_DATABASE = 'bench'

/** Starts InfluxDB with an empty folder and its defaults; returns undefined when the machine does not have it. */
export async function startInflux(own: Readonly<Record<string, string | undefined>>): Promise<Influx | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-influx-'))
  const [port, rpc] = [await freePort(), await freePort()]
  writeFileSync(join(folder, 'influxdb.conf'), configuration(folder, port, rpc))
  const child = spawn(own['INFLUXD'] ?? 'influxd', ['-config', join(folder, 'influxdb.conf')], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (child.pid === undefined || child.exitCode !== null) break
    if (await makeDatabase(port)) return { port, pid: child.pid, stop }
    await sleep(PAUSE_MS)
  }
  await stop()
  return undefined
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

async function makeDatabase(port: number): Promise<boolean> {
  try {
    const q = new URLSearchParams({ q: `CREATE DATABASE ${INFLUX_DATABASE}` })
    const { ok } = await fetch(`http://127.0.0.1:${port}/query?${q.toString()}`, { method: 'POST' })
    return ok
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
