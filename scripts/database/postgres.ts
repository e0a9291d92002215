// The embedded PostgreSQL: real server binaries from npm, started as a child process and stopped with this process.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine, endProcess, identify } from '../cli/processes.ts'
import { asUnprivileged, makeOwnFolder, reachableDataFolder, runnableBinaries } from './postgres-files.ts'

const STARTUP_TIMEOUT_MS = 30_000
/** A fast shutdown writes a checkpoint. After this time the server is killed, and recovers from its log at the next start. */
const STOP_TIMEOUT_MS = 7_000
const LOG_TAIL = 8_000
/** Settings that keep parameters of statements and parts of rows out of the server's log, whatever else is logged. */
const WITHOUT_VALUES = {
  log_parameter_max_length: 0,
  log_parameter_max_length_on_error: 0,
  log_error_verbosity: 'terse',
}

export interface PostgresOptions {
  /** The data folder; created with initdb when missing. Becomes a link when the server's user cannot enter it. */
  readonly dataDir: string
  /** 0 chooses a free one. */
  readonly port: number
  /** Password of the superuser `postgres`. */
  readonly password: string
  /** Server settings, as `-c name=value`. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** True to give a new data folder's pages checksums, so that a damaged page is noticed when it is read. */
  readonly checksums?: boolean
  /** Maximum milliseconds until it accepts connections; the default is 30 s. A restore replays its log first. */
  readonly startupTimeoutMs?: number
  /** Called with the server's log output. */
  readonly log?: (text: string) => void
}

export interface EmbeddedPostgres {
  readonly port: number
  readonly process: ChildProcess
  /** URL of the superuser, to the database `postgres`. */
  readonly url: string
  /** Stops the server by a fast shutdown: sessions are ended, and everything committed is on disk. Safe to repeat. */
  stop(): Promise<void>
}

/**
 * Starts a server on 127.0.0.1 and resolves when it accepts connections. A server that a killed start left running on this data folder is
 * ended first.
 * @throws {Error} when this platform has no binaries, or with the server's own message when it does not start.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const native = runnableBinaries()
  const port = options.port === 0 ? await freePort() : options.port
  const dataDir = reachableDataFolder(options.dataDir)
  if (!existsSync(join(dataDir, 'PG_VERSION'))) initialise(native, dataDir, options)
  await endLeftover(dataDir)

  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    timezone: 'UTC',
    ...WITHOUT_VALUES,
    ...options.settings,
  }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(join(native, 'bin', 'postgres'), ['-D', dataDir, ...args], {
    ...asUnprivileged(),
    cwd: '/',
    // A process group of its own: Ctrl-C then reaches only the suite, which stops its functions first and this server last.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let tail = ''
  child.stderr.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-LOG_TAIL)
    options.log?.(chunk.toString())
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  await ready(child, dataDir, options.startupTimeoutMs ?? STARTUP_TIMEOUT_MS, () => tail)

  return {
    port,
    process: child,
    url: `postgres://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${port}/postgres`,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGINT')
      const immediately = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS)
      await ended
      clearTimeout(immediately)
    },
  }
}

/** Deletes a data folder, also behind its link; a server that still runs on it is ended first. Safe to repeat. */
export async function removePostgres(folder: string): Promise<void> {
  const isLink = lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
  const dataDir = isLink ? reachableDataFolder(folder) : folder
  await endLeftover(dataDir)
  for (const path of [dataDir, folder]) rmSync(path, { recursive: true, force: true })
}

/** Returns a port that was free a moment ago. */
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

function initialise(native: string, dataDir: string, { password, checksums = false }: PostgresOptions): void {
  makeOwnFolder(dataDir)
  const secret = mkdtempSync(join(tmpdir(), 'penstock-initdb-'))
  const pwfile = join(secret, 'password')
  writeFileSync(pwfile, password, { mode: 0o600 })
  const { uid } = asUnprivileged()
  if (uid !== undefined) for (const path of [secret, pwfile]) chownSync(path, uid, uid)
  try {
    execFileSync(
      join(native, 'bin', 'initdb'),
      [
        '-D',
        dataDir,
        '-U',
        'postgres',
        `--pwfile=${pwfile}`,
        '--auth=scram-sha-256',
        '-E',
        'UTF8',
        '--locale=C',
        '--no-sync',
        ...(checksums ? ['--data-checksums'] : []),
      ],
      { ...asUnprivileged(), stdio: 'pipe', cwd: '/' },
    )
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true })
    const stderr = (error as { stderr?: Buffer }).stderr?.toString() ?? String(error)
    throw new Error(`initdb failed: ${stderr.trim()}`, { cause: error })
  } finally {
    rmSync(secret, { recursive: true, force: true })
  }
}

/** Ends a server that survived its killed start; it is recognised by this folder in its command line. */
async function endLeftover(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const postmaster = identify(Number(readFileSync(pidFile, 'utf8').split('\n')[0]))
  if (postmaster && commandLine(postmaster.pid).includes(dataDir))
    await endProcess(postmaster, 'SIGINT', STOP_TIMEOUT_MS)
}

async function ready(child: ChildProcess, dataDir: string, timeoutMs: number, log: () => string): Promise<void> {
  const deadline = Date.now() + timeoutMs
  // The status line of postmaster.pid becomes `ready` when connections are accepted; the first line of an old file has another pid.
  const isReady = (): boolean => {
    try {
      const lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
      return Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready'
    } catch {
      return false
    }
  }
  while (!isReady()) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`PostgreSQL did not start: ${log().trim()}`)
    if (Date.now() > deadline) {
      child.kill('SIGQUIT')
      throw new Error(`PostgreSQL was not ready within ${timeoutMs / 1000} s: ${log().trim()}`)
    }
    await sleep(10)
  }
}
