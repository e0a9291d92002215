// A copy of the sources in which a test may change files and run commands, with the installed packages of this checkout.
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../../..')
/** Names of folders without sources: packages, history, and the output of commands. */
const LEFT_OUT = new Set(['node_modules', '.git', 'dist', '.penstock', 'coverage', '.terraform'])
/** The packages of the checkout itself: in the copy they are the copy's. */
const OWN = { shared: 'shared', client: 'clients/typescript' }

export interface CheckoutCopy {
  /** Every file by its path, with its text. */
  files(): ReadonlyMap<string, string>
  has(path: string): boolean
  read(path: string): string
  write(path: string, text: string): void
  remove(path: string): void
  /** Runs a program of Node.js, and returns what it printed, also where it failed. @throws {Error} when it outlasts `timeoutMs`. */
  run(args: readonly string[], timeoutMs: number): Promise<{ readonly isRight: boolean; readonly output: string }>
  close(): void
}

/** Copies the sources into a temporary folder. */
export function copyCheckout(): CheckoutCopy {
  const home = mkdtempSync(join(tmpdir(), 'penstock-copy-'))
  cpSync(root, home, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) })
  linkPackages(home)
  const at = (path: string): string => join(home, path)
  return {
    files: () => new Map(pathsIn(home).map((path) => [relative(home, path), readFileSync(path, 'utf8')])),
    has: (path) => existsSync(at(path)),
    read: (path) => readFileSync(at(path), 'utf8'),
    write: (path, text) => writeFileSync(at(path), text),
    remove: (path) => rmSync(at(path), { recursive: true, force: true }),
    run: async (args, timeoutMs) => await runNode(home, args, timeoutMs),
    close: () => rmSync(home, { recursive: true, force: true }),
  }
}

function linkPackages(home: string): void {
  const packages = join(root, 'node_modules')
  mkdirSync(join(home, 'node_modules/@penstock'), { recursive: true })
  for (const name of readdirSync(packages))
    if (name !== '@penstock') symlinkSync(join(packages, name), join(home, 'node_modules', name))
  for (const [name, folder] of Object.entries(OWN))
    symlinkSync(join(home, folder), join(home, 'node_modules/@penstock', name))
}

function pathsIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (LEFT_OUT.has(entry.name)) return []
    return entry.isDirectory() ? pathsIn(path) : [path]
  })
}

async function runNode(cwd: string, args: readonly string[], timeout: number) {
  // A test run that starts another one would hand on which of its workers it is.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env, timeout, maxBuffer: 2 ** 26 })
    return { isRight: true, output: stdout }
  } catch (error) {
    const { killed, stdout = '', stderr = '' } = error as { killed?: boolean; stdout?: string; stderr?: string }
    if (killed) throw new Error(`node ${args.join(' ')} took longer than ${timeout} ms: ${stderr}`, { cause: error })
    return { isRight: false, output: stdout === '' ? stderr : stdout }
  }
}
