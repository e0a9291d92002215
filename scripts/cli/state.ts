// The suite's files below .penstock/: its secrets, which survive restarts, and its addresses while it runs.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout, without a trailing slash. */
export const rootFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
export const stateFolder = join(rootFolder, '.penstock')

/** The bucket of the archive in the local Cloud Storage. */
export const ARCHIVE_BUCKET = 'penstock-archive'
/** The bucket of exports in the local Cloud Storage. */
export const BACKUP_BUCKET = 'penstock-backups'

/** The content of `.penstock/local.json`, which external tools rely on. It exists while the suite is ready. */
export interface LocalSuite {
  readonly base_url: string
  /**
   * Address of the console, with the key of the tenant `default` for its button. What follows the # of an address is never sent to a server,
   * and the page removes it from the address bar.
   */
  readonly console_url: string
  /** A key of the tenant `default`, with every tenant scope. */
  readonly api_key: string
  /** A platform key with `operate`. */
  readonly operator_key: string
  /** URL with the superuser, for people and checks; no function uses it. */
  readonly database_url: string
  /** Its path is secret, because it allows publishing. */
  readonly pubsub_url: string
  /**
   * URL of the local Cloud Storage, for a client's `apiEndpoint`. Its path is secret, because it allows reading and writing all objects.
   */
  readonly storage_url: string
  /** URL of the local Cloud Monitoring. Its path is secret, because it allows writing. */
  readonly monitoring_url: string
  /** URL of the local Cloud SQL Admin API. Its path is secret, because it allows making and deleting instances. */
  readonly sqladmin_url: string
  /** The page of the e-mails that were sent, none of which is delivered. Its path is secret. */
  readonly mail_url: string
  /** `/token?tenant=…&subject=…` below this URL signs users' tokens: `npm run keys -- user`. */
  readonly user_issuer: string
  /** A stable base URL per function, whether or not its process is running. */
  readonly functions: Readonly<Record<string, string>>
}

/** Values that must not change between starts. */
export interface Secrets {
  readonly postgres_password: string
  /** Encrypts and signs the cursors of pages. */
  readonly cursor_key: string
  /** Keys the checksums of API keys. */
  readonly key_checksum_key: string
  /** Encrypts point ids. */
  readonly point_id_key: string
  /** Passwords of the functions' database roles, by function. */
  readonly function_passwords: Readonly<Record<string, string>>
  readonly api_key?: string
  readonly operator_key?: string
}

/** Returns the addresses of a running suite; undefined when none is ready. */
export function readLocalSuite(folder = stateFolder): LocalSuite | undefined {
  return readJson<LocalSuite>(join(folder, 'local.json'))
}

export function writeLocalSuite(suite: LocalSuite, folder = stateFolder): void {
  writeOwnJson(join(folder, 'local.json'), suite)
}

/** Removes the file. Safe to repeat. */
export function removeLocalSuite(folder = stateFolder): void {
  rmSync(join(folder, 'local.json'), { force: true })
}

/** Returns the stored secrets; undefined when the suite was never started. */
export function readSecrets(folder = stateFolder): Partial<Secrets> | undefined {
  return readJson<Partial<Secrets>>(join(folder, 'secrets.json'))
}

/** Returns the stored secrets, or makes new ones when there are none; a new function gets its password. Safe to repeat. */
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

/** The file with the keys that encrypt the secrets of notification channels. */
export const CHANNEL_KEYS = 'channel-keys.json'

/** Makes the file with one key where there is none. Safe to repeat. */
export function keepChannelKeys(folder = stateFolder): void {
  const path = join(folder, CHANNEL_KEYS)
  if (readJson(path) === undefined) writeOwnJson(path, { current: 'first', keys: { first: randomSecret() } })
}

export function writeSecrets(secrets: Secrets, folder = stateFolder): void {
  writeOwnJson(join(folder, 'secrets.json'), secrets)
}

/**
 * Makes the folder, and removes other users' rights on everything in it, including files of earlier releases. When root starts the suite,
 * other users may pass through the folder, because PostgreSQL's user has its data in a folder below. Safe to repeat.
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

/** Writes the file atomically, readable only by its owner. */
function writeOwnJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}
