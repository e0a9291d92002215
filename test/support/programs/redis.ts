// A real Redis for tests: a server of their own, if `redis-server` is on the PATH.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { redisConnection } from '@penstock/shared/cache/redis-connection.ts'
import { freePort } from '../../../scripts/database/postgres.ts'

/** True when tests can have a Redis; otherwise they are skipped, and say so in their name. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0
export const redisNeeded = hasRedis ? 'with a real Redis' : 'with a real Redis (skipped: apt-get install redis-server)'

export interface TestRedis {
  readonly url: string
  /** Runs a command on a connection of its own. */
  command(...parts: readonly string[]): Promise<unknown>
  freeze(): void
  thaw(): void
  /** Ends the server at once; its data is lost. */
  stop(): Promise<void>
  /** Starts it again on the same port, unless it runs. */
  start(): Promise<void>
  /** Ends the server and removes its files. */
  remove(): Promise<void>
}

export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let server: ChildProcess | undefined

  async function command(...parts: readonly string[]): Promise<unknown> {
    const config = { url, ca: undefined }
    const connection = redisConnection({ config, elapsed: () => performance.now(), limitMs: 10_000 })
    try {
      const client = await connection.use()
      if (!client) throw new Error('Redis does not answer')
      return await client.sendCommand(parts)
    } finally {
      connection.close()
    }
  }
  const isRunning = (): boolean => server !== undefined && server.exitCode === null && server.signalCode === null
  async function start(): Promise<void> {
    if (isRunning()) return
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
    server = spawn('redis-server', options, { stdio: 'ignore' })
    for (let attempt = 0; !(await isListening(port)); attempt++) {
      if (attempt > 200) throw new Error('redis-server does not answer')
      await sleep(25)
    }
  }
  async function stop(): Promise<void> {
    if (!server || !isRunning()) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }

  await start()
  return {
    url,
    command,
    start,
    stop,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async remove() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
