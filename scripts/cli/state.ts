// What the suite keeps below .penstock/: its secrets between starts, and while it runs, where everything is.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout, without a trailing slash. */
export const rootFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
export const stateFolder = join(rootFolder, '.penstock')

/** The bucket of the archive in the local Cloud Storage. */
export const ARCHIVE_BUCKET = 'penstock-archive'

/** `.penstock/local.json`, which outside tools rely on. There while the suite is ready. */
export interface LocalSuite {
  readonly base_url: string
  /** Of the tenant `default`, with every tenant scope. */
  readonly api_key: string
  /** A platform key with `operate`. */
  readonly operator_key: string
  /** Of the superuser: for people and checks; no function uses it. */
  readonly database_url: string
  /** Its path is secret: whoever knows it may publish. */
  readonly pubsub_url: string
  /** Of the local Cloud Storage: a client's `apiEndpoint`. Its path is secret: whoever knows it may read and write all objects. */
  readonly storage_url: string
  /** `/token?tenant=…&subject=…` below it signs users' tokens: `npm run keys -- user`. */
  readonly user_issuer: string
  /** A stable base URL per function, whether its process runs already or not. */
  readonly functions: Readonly<Record<string, string>>
}

/** What has to be the same at the next start. */
export interface Secrets {
  readonly postgres_password: string
  /** Encrypts and signs the cursors of pages. */
  readonly cursor_key: string
  /** Keys the checksums of API keys. */
  readonly key_checksum_key: string
  /** Turns series into the ids of their points. */
  readonly point_id_key: string
  /** Of the functions' database roles, by function. */
  readonly function_passwords: Readonly<Record<string, string>>
  readonly api_key?: string
  readonly operator_key?: string
}

/** Where a running suite is; undefined when none has become ready. */
export function readLocalSuite(folder = stateFolder): LocalSuite | undefined {
  return readJson<LocalSuite>(join(folder, 'local.json'))
}

export function writeLocalSuite(suite: LocalSuite, folder = stateFolder): void {
  writeOwnJson(join(folder, 'local.json'), suite)
}

/** Safe to repeat. */
export function removeLocalSuite(folder = stateFolder): void {
  rmSync(join(folder, 'local.json'), { force: true })
}

/** The kept secrets; undefined where the suite was never started. */
export function readSecrets(folder = stateFolder): Partial<Secrets> | undefined {
  return readJson<Partial<Secrets>>(join(folder, 'secrets.json'))
}

/** The kept secrets, or new ones where there are none; a function that is new since then gets its password. Safe to repeat. */
export function keepSecrets(functions: readonly string[], folder = stateFolder): Secrets {
  const kept = readJson<Secrets>(join(folder, 'secrets.json'))
  const passwords = functions.map((name) => [name, kept?.function_passwords[name] ?? randomSecret()])
  const secrets: Secrets = {
    postgres_password: randomSecret(),
    cursor_key: randomSecret(),
    key_checksum_key: randomSecret(),
    point_id_key: randomSecret(16),
    ...kept,
    function_passwords: Object.fromEntries(passwords),
  }
  writeSecrets(secrets, folder)
  return secrets
}

export function writeSecrets(secrets: Secrets, folder = stateFolder): void {
  writeOwnJson(join(folder, 'secrets.json'), secrets)
}

/**
 * Makes the folder, and takes away what other users may do with what is in it and below it, also with what an earlier release left.
 * Started by root, the folder may be passed through: the user that runs PostgreSQL has its data in there, in a folder of its own.
 * Safe to repeat.
 */
export function keepToOwner(folder = stateFolder): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'postgres' || entry.isSymbolicLink()) continue
    chmodSync(join(folder, entry.name), entry.isDirectory() ? 0o700 : 0o600)
  }
}

const randomSecret = (bytes = 32): string => randomBytes(bytes).toString('hex')

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`cannot read ${path}: ${(error as Error).message}`, { cause: error })
  }
}

/** For the owner alone, and never half written. */
function writeOwnJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}
