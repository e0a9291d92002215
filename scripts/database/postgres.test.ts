import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify } from '../cli/processes.ts'
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from './postgres.ts'

const asRoot = process.getuid?.() === 0
const servers: EmbeddedPostgres[] = []
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-postgres-test-'))
  chmodSync(folder, 0o755)
})

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
  const data = join(folder, 'data')
  if (lstatSync(data, { throwIfNoEntry: false })?.isSymbolicLink())
    rmSync(readlinkSync(data), { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
})

test('what is committed is there after a stop and a second start, with other settings and on another port', async () => {
  const first = await start()
  await ask(first, 'create table kept as select 42 as answer')
  await first.stop()

  const second = await start({ settings: { max_connections: 17 } })

  expect(await ask(second, 'select answer from kept')).toEqual([{ answer: 42 }])
  expect(await ask(second, 'show max_connections')).toEqual([{ max_connections: '17' }])
  expect(await ask(second, 'show timezone')).toEqual([{ TimeZone: 'UTC' }])
})

test('stopping twice is one stop', async () => {
  const server = await start()
  await Promise.all([server.stop(), server.stop()])
  await server.stop()

  expect(server.process.exitCode).toBe(0)
})

test('a wrong password is refused', async () => {
  const server = await start()
  const client = new Client({ connectionString: server.url.replace('secret', 'guess') })

  await expect(client.connect()).rejects.toThrow(/password authentication failed/)
})

test('a server that an earlier start left running is ended, and its data is there', async () => {
  const left = await start()
  await ask(left, 'create table kept as select 42 as answer')

  const second = await start()

  expect(identify(left.process.pid ?? 0)).toBeUndefined()
  expect(await ask(second, 'select answer from kept')).toEqual([{ answer: 42 }])
})

test('a program that only has the pid of an old server is left alone', async () => {
  const server = await start()
  await server.stop()
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  try {
    writeFileSync(join(folder, 'data', 'postmaster.pid'), `${stranger.pid}\n${join(folder, 'data')}\n`)

    // PostgreSQL refuses to start next to a process of its own user, and considers the file stale for a process of another user.
    await start().catch((error: unknown) => expect(String(error)).toMatch(/postmaster\.pid/))

    expect(identify(stranger.pid ?? 0)).toBeDefined()
  } finally {
    stranger.kill('SIGKILL')
  }
})

test("a server that cannot start is reported in the server's own words", async () => {
  await expect(start({ settings: { max_connections: 'many' } })).rejects.toThrow(/did not start: .*max_connections/s)
})

test.runIf(asRoot)('data below a folder that only root may enter is kept outside, behind a link', async () => {
  chmodSync(folder, 0o700)
  const first = await start()
  await ask(first, 'create table kept as select 42 as answer')
  await first.stop()
  const outside = readlinkSync(join(folder, 'data'))

  const second = await start()

  expect(lstatSync(outside).mode & 0o777).toBe(0o700)
  expect(readlinkSync(join(folder, 'data'))).toBe(outside)
  expect(await ask(second, 'select answer from kept')).toEqual([{ answer: 42 }])
})

test('the log holds no parameter of a statement and no part of a row, also when every statement is logged', async () => {
  chmodSync(folder, 0o700)
  let log = ''
  const server = await start({
    settings: { log_min_duration_statement: 0 },
    log: (text) => {
      log += text
    },
  })
  await ask(server, 'create table comment (who text primary key, said text not null check (length(said) < 30))')
  const insert = 'insert into comment values ($1, $2)'
  const private_ = ['jane.doe@example.com', 'PRIVATE-DIAGNOSIS']
  await ask(server, insert, private_)
  await expect(ask(server, insert, private_)).rejects.toThrow('comment_pkey')
  await expect(ask(server, insert, ['john@example.com', null])).rejects.toThrow('not-null')
  await expect(ask(server, insert, ['john@example.com', 'PRIVATE'.repeat(9)])).rejects.toThrow('comment_said_check')
  await server.stop()

  expect(log).toContain(insert)
  expect(log).toContain('comment_pkey')
  expect(log).not.toMatch(/jane|john|PRIVATE/)
})

test.runIf(asRoot)('a link that was copied from another checkout is replaced, not followed', async () => {
  chmodSync(folder, 0o700)
  const elsewhere = join(folder, 'elsewhere')
  mkdirSync(elsewhere)
  symlinkSync(elsewhere, join(folder, 'data'))

  await start()

  expect(readlinkSync(join(folder, 'data'))).not.toBe(elsewhere)
  expect(existsSync(join(elsewhere, 'PG_VERSION'))).toBe(false)
})

async function start(options: Partial<PostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ dataDir: join(folder, 'data'), port: 0, password: 'secret', ...options })
  servers.push(server)
  return server
}

async function ask(server: EmbeddedPostgres, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}
