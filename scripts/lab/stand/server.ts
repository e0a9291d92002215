// A durable PostgreSQL server that a test may kill and start again.
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { type EmbeddedPostgres, startPostgres } from '../../database/postgres.ts'
import { connected } from './clients.ts'

export interface Server {
  readonly port: number
  /** The superuser's URL of the database. */
  readonly url: string
  /** Runs statements as the superuser on a connection of its own. */
  readonly ask: <Row extends object = Record<string, unknown>>(
    sql: string,
    parameters?: readonly unknown[],
  ) => Promise<Row[]>
  /** Ends the server at once, without a checkpoint: SIGQUIT is PostgreSQL's immediate shutdown. Resolves when it has ended. */
  crash(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void>
  /** Starts it again; it recovers from its log. Returns false when it runs already. @throws {Error} when it is not up within 30 s. */
  start(): Promise<boolean>
  /** Stops the server by a fast shutdown. Safe to repeat. */
  stop(): Promise<void>
}

export interface ServerOptions {
  readonly folder: string
  readonly password: string
  readonly settings: Readonly<Record<string, string | number>>
  readonly log: (text: string) => void
}

const DATABASE = 'penstock'
const STATEMENT_MS = 60_000
const START_MS = 30_000

/** Starts a server on a data folder of its own, with an empty database and all settings for durability. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { folder, password, settings, log } = options
  const start = async (port: number): Promise<EmbeddedPostgres> =>
    await startPostgres({ dataDir: join(folder, 'postgres'), port, password, settings, log })
  let running = await start(0)
  const { port } = running
  const url = new URL(running.url)
  await ask(url.href, `create database ${DATABASE}`)
  url.pathname = `/${DATABASE}`

  return {
    port,
    url: url.href,
    ask: async (sql, parameters) => await ask(url.href, sql, parameters),
    async crash(signal) {
      if (hasEnded(running)) return
      const ended = once(running.process, 'exit')
      running.process.kill(signal)
      await ended
    },
    async start() {
      if (!hasEnded(running)) return false
      const deadline = performance.now() + START_MS
      while (hasEnded(running)) {
        try {
          running = await start(port)
        } catch (error) {
          // Backends of a killed postmaster continue until they notice it, and hold their shared memory.
          if (performance.now() > deadline) throw error
          await sleep(100)
        }
      }
      return true
    },
    stop: async () => await running.stop(),
  }
}

const hasEnded = ({ process: { exitCode, signalCode } }: EmbeddedPostgres): boolean =>
  exitCode !== null || signalCode !== null

async function ask<Row extends object>(url: string, sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  const work = async (client: Client): Promise<Row[]> => (await client.query<Row>(sql, [...parameters])).rows
  return await connected(url, work, { statementMs: STATEMENT_MS })
}
