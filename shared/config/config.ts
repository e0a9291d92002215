// Settings from the environment, parsed once. One message names all invalid variables.
import { z } from 'zod'
import { type Tier, tierNames } from './tier.ts'
import { metadataHost, trustedUrl, urlParameters } from './trusted-url.ts'

/** Keys for the checksums of API keys. The first one signs new keys, and all of them verify: there are two during a rotation. */
export type ChecksumKeys = readonly Buffer[]

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Parses the environment variables that a function needs.
 * @throws {Error} with one message that lists every missing or invalid variable, without its value.
 */
export function parseEnvironment<T extends z.ZodType>(schema: T, environment: Environment): z.output<T> {
  const result = schema.safeParse(environment)
  if (result.success) return result.data
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.') || '(settings)'}: ${issue.message}`)
  throw new Error(`invalid settings:\n${lines.join('\n')}`)
}

/** Schema of a whole number in an environment variable. */
export const wholeNumberSetting = (fallback: number, min: number, max: number) =>
  z.coerce.number('must be a number').int('must be a whole number').min(min).max(max).default(fallback)

const flagSetting = z
  .enum(['0', '1', 'true', 'false'])
  .default('0')
  .transform((value) => value === '1' || value === 'true')

/** Schema of a comma-separated list, whose empty items are dropped. */
export const listSetting = z
  .string()
  .default('')
  .transform((value) => value.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()])))

const checksumKeySetting = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'must be 32 bytes in hexadecimal')
  .transform((text) => Buffer.from(text, 'hex'))
  .optional()

export const checksumKeySchema = z.object({ KEY_CHECKSUM_KEY: checksumKeySetting })

/** Settings of the connection to the database. */
const databaseSettings = {
  /**
   * `postgres://user:password@host:port/database`; `…@/database?host=/cloudsql/project:region:instance` for a socket directory;
   * `postgres://user@/database` for the connector.
   */
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres://'),
  /** Password of the user of DATABASE_URL, from a secret; used when the URL has none. */
  DATABASE_PASSWORD: z.string().min(1).optional(),
  /** The server's CA certificate (PEM): turns TLS on and trusts no other CA. Needed in the cloud, except with a socket or the connector. */
  DATABASE_CA: z.string().startsWith('-----BEGIN CERTIFICATE-----', 'must be a PEM certificate').optional(),
  /** Log in as an IAM user, with an access token of this process's service account as the password. Needs DATABASE_CA. */
  DATABASE_IAM: flagSetting,
  /** `project:region:instance`: connect by the Cloud SQL connector to the private address, by IAM when there is no password. */
  CLOUD_SQL_INSTANCE: z
    .string()
    .regex(/^([^:\s]+:)?[^:\s]+:[^:\s]+:[^:\s]+$/, 'must be project:region:instance')
    .optional(),
  /** Address of the Cloud SQL Admin API; Google's when absent. */
  CLOUD_SQL_ADMIN_ENDPOINT: trustedUrl.optional(),
  /** Address of the metadata server, in the form that Google's own libraries use. */
  GCE_METADATA_HOST: metadataHost,
} as const

export const databaseSchema = z.object(databaseSettings)

/** Settings of the front, which every function has, as zod shapes. */
export const edgeSettings = {
  /** Set by the platform: the entry point of the module that this process runs. */
  FUNCTION_TARGET: z.string().default(''),
  /** Set by Cloud Run; its presence shows that the process runs in the cloud. */
  K_SERVICE: z.string().optional(),
  GOOGLE_CLOUD_PROJECT: z.string().optional(),
  /** The tier whose connection budget applies. Needed in the cloud. */
  PENSTOCK_TIER: z.enum(tierNames).optional(),
  /** The address to listen on; not set in the cloud. */
  LISTEN_HOST: z.string().min(1).optional(),
  /** Key for the checksums of API keys, 32 bytes in hexadecimal. Needed in the cloud: without it every keyed checksum is refused. */
  KEY_CHECKSUM_KEY: checksumKeySetting,
  /** The previous checksum key, set while both are valid. */
  KEY_CHECKSUM_KEY_OLD: checksumKeySetting,
  /** Origins that a browser may call from, or `*` for any. */
  CORS_ORIGINS: listSetting,
  /** Number of addresses that our own proxies append to X-Forwarded-For. The default is 1 in the cloud (Cloud Run's), otherwise 0. */
  TRUSTED_HOPS: z.coerce.number('must be a number').int('must be a whole number').min(0).max(10).optional(),
  /** Callers without credentials act as the tenant `default`. Refused in the cloud. */
  OPEN: flagSetting,
  /** Issuer of the ID tokens of Google service accounts. Their audience is a fixed string: `penstock/<project>/<function>`. */
  OIDC_ISSUER: z.string().default('https://accounts.google.com'),
  OIDC_JWKS_URL: trustedUrl.default('https://www.googleapis.com/oauth2/v3/certs'),
  OIDC_AUDIENCE: z.string().min(1).optional(),
  OIDC_EMAILS: listSetting,
  /** Issuer, audience and key set of users' tokens (JWT): set all three or none. */
  USER_ISSUER: z.string().min(1).optional(),
  USER_AUDIENCE: z.string().min(1).optional(),
  USER_JWKS_URL: trustedUrl.optional(),
  /** The claim that names a user's tenant. */
  USER_TENANT_CLAIM: z.string().min(1).default('tenant'),
} as const

/** Settings of every function that has a database. */
export const commonSettings = {
  ...databaseSettings,
  ...edgeSettings,
  /** Minimum seconds between two reports of an instance about itself. */
  REPORT_SECONDS: wholeNumberSetting(60, 1, 3_600),
  /** Set by Cloud Run: the revision that this process belongs to. */
  K_REVISION: z.string().max(200).default('local'),
} as const

/** Settings that limit accepted timestamps, for ingest and for import. */
export const timeLimitSettings = {
  /** Points before the first of January of this year are refused, because devices with a reset clock report 1970 or 2000. */
  EARLIEST_YEAR: wholeNumberSetting(2010, 1970, 2100),
  /** Maximum hours that a point's timestamp may be ahead of the server's clock. */
  MAX_AHEAD_HOURS: wholeNumberSetting(24, 0, 24 * 31),
} as const

/** Turns the settings of `timeLimitSettings` into the limits that verdicts need. */
export const timeLimits = (settings: { readonly EARLIEST_YEAR: number; readonly MAX_AHEAD_HOURS: number }) => ({
  earliestYear: settings.EARLIEST_YEAR,
  maxAheadHours: settings.MAX_AHEAD_HOURS,
})

/** The key that encrypts point ids: 16 bytes in hexadecimal. Another key gives every point another id. */
export const pointIdSettings = {
  POINT_ID_KEY: z
    .string('is needed')
    .regex(/^[0-9a-fA-F]{32}$/, 'must be 16 bytes in hexadecimal')
    .transform((text) => Buffer.from(text, 'hex')),
} as const

/** The key that encrypts and signs the cursors of pages. */
export const cursorSettings = {
  CURSOR_KEY: z
    .string('is needed')
    .regex(/^([0-9a-fA-F]{2}){32,}$/, 'must be at least 32 bytes in hexadecimal')
    .transform((text) => Buffer.from(text, 'hex')),
} as const

/** Location of the archive, for functions that write or read it. */
export const archiveSettings = {
  ARCHIVE_BUCKET: z.string().min(3),
  /** Address of the storage service; Google's when absent. */
  ARCHIVE_STORAGE_ENDPOINT: trustedUrl.optional(),
} as const

/** Turns the settings of `archiveSettings` into the form that `openArchiveStore` needs. */
export const archiveConfig = (settings: {
  readonly ARCHIVE_BUCKET: string
  readonly ARCHIVE_STORAGE_ENDPOINT?: string | undefined
}) => ({ bucket: settings.ARCHIVE_BUCKET, endpoint: settings.ARCHIVE_STORAGE_ENDPOINT })

export const commonSchema = z.object(commonSettings)
export type CommonSettings = z.output<typeof commonSchema>
export type EdgeSettings = z.output<z.ZodObject<typeof edgeSettings>>

/** The settings of the front. */
export interface EdgeConfig {
  readonly target: string
  /** The tier whose connection budget applies. Default: standard. */
  readonly tier?: Tier
  readonly host: string | undefined
  readonly inCloud: boolean
  readonly project: string | undefined
  readonly corsOrigins: readonly string[]
  readonly open: boolean
  /** Number of addresses that our own proxies append to X-Forwarded-For; 0 when absent. */
  readonly trustedHops?: number
  readonly oidc: {
    readonly issuer: string
    readonly jwksUrl: string
    readonly audience: string | undefined
    readonly emails: readonly string[]
  }
  /** When absent, no user's token is accepted. */
  readonly users?: UserTokens | undefined
  /** Keys for the checksums of API keys, the current one first. When absent, every key with a keyed checksum is refused. */
  readonly checksumKeys?: ChecksumKeys | undefined
}

/** The issuer whose tokens identify users. */
export interface UserTokens {
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
  readonly tenantClaim: string
}

/** Settings of one connection to the database. */
export interface DatabaseConfig {
  /** User, database and, unless the connector finds it, the address. */
  readonly url: string
  readonly ca: string | undefined
  readonly inCloud: boolean
  readonly password?: string | undefined
  /** Log in with an access token from this metadata server as the password. */
  readonly iam?: { readonly metadataHost: string } | undefined
  /** Connect by the Cloud SQL connector, which logs in by IAM when there is no password. */
  readonly cloudSql?: { readonly instance: string; readonly adminEndpoint: string | undefined } | undefined
}

/**
 * Derives how to connect to the database.
 * @throws {Error} for settings that contradict each other, and for a password or a token that would be sent without TLS.
 */
export function databaseConfig(settings: z.output<typeof databaseSchema>, inCloud: boolean): DatabaseConfig {
  const { DATABASE_URL: url, DATABASE_CA: ca, DATABASE_PASSWORD: password, CLOUD_SQL_INSTANCE: instance } = settings
  // `new URL` rejects some URLs that pg accepts: those of a socket and of the connector have no host.
  const parameters = urlParameters(url)
  const hosts = parameters.getAll('host')
  const bySocket = hosts.length > 0
  const hasPassword = password !== undefined || /^[^/]*\/\/[^/@]*:[^/@]+@/.test(url)
  const refuse = (name: string, why: string): never => {
    throw new Error(`invalid settings:\n  ${name}: ${why}`)
  }
  if (hosts.length > 1 || hosts.some((host) => !host.startsWith('/')))
    refuse('DATABASE_URL', 'host is the folder of a socket, given once; another host belongs before the path')
  if ((inCloud || settings.DATABASE_IAM) && [...parameters.keys()].some((name) => name.startsWith('ssl')))
    refuse('DATABASE_URL', 'parameters of TLS (sslmode …) would override the pinned CA; leave them out')
  if (instance !== undefined && (bySocket || settings.DATABASE_IAM))
    refuse('CLOUD_SQL_INSTANCE', 'is a separate way to connect: use it without DATABASE_IAM and without a socket')
  if (settings.DATABASE_IAM && (bySocket || ca === undefined))
    refuse('DATABASE_IAM', 'an access token is a password: it goes by host and needs DATABASE_CA')
  if (settings.DATABASE_IAM && hasPassword) refuse('DATABASE_IAM', 'the token is the password: give no other')
  if (inCloud && !bySocket && instance === undefined && ca === undefined)
    refuse('DATABASE_CA', 'a database that is not reached by a socket needs TLS in the cloud')
  return {
    url,
    ca,
    inCloud,
    password,
    iam: settings.DATABASE_IAM ? { metadataHost: settings.GCE_METADATA_HOST } : undefined,
    cloudSql: instance === undefined ? undefined : { instance, adminEndpoint: settings.CLOUD_SQL_ADMIN_ENDPOINT },
  }
}

/**
 * Groups the common settings by the part of the program that reads them.
 * @throws {Error} for settings that contradict each other, and for those that are unsafe in the cloud: callers without credentials, a
 * database without TLS.
 */
export function commonConfig(settings: CommonSettings): {
  readonly edge: EdgeConfig
  readonly database: DatabaseConfig
} {
  const edge = edgeConfig(settings)
  if (edge.inCloud && settings.KEY_CHECKSUM_KEY === undefined)
    throw new Error('invalid settings:\n  KEY_CHECKSUM_KEY: is needed in the cloud')
  return { edge, database: databaseConfig(settings, edge.inCloud) }
}

/** The settings of the front alone, for a function without a database. @throws {Error} like `commonConfig`. */
export function edgeConfig(settings: EdgeSettings): EdgeConfig {
  const inCloud = settings.K_SERVICE !== undefined
  if (inCloud && settings.OPEN)
    throw new Error('invalid settings:\n  OPEN: callers without credentials are not allowed in the cloud')
  requireHttps(settings, inCloud)
  if (inCloud && settings.PENSTOCK_TIER === undefined)
    throw new Error('invalid settings:\n  PENSTOCK_TIER: is needed in the cloud')
  return {
    target: settings.FUNCTION_TARGET,
    tier: settings.PENSTOCK_TIER ?? 'standard',
    host: settings.LISTEN_HOST,
    inCloud,
    project: settings.GOOGLE_CLOUD_PROJECT,
    corsOrigins: settings.CORS_ORIGINS,
    open: settings.OPEN,
    trustedHops: settings.TRUSTED_HOPS ?? (inCloud ? 1 : 0),
    oidc: {
      issuer: settings.OIDC_ISSUER,
      jwksUrl: settings.OIDC_JWKS_URL,
      audience: settings.OIDC_AUDIENCE,
      emails: settings.OIDC_EMAILS,
    },
    users: userTokens(settings),
    checksumKeys: [settings.KEY_CHECKSUM_KEY, settings.KEY_CHECKSUM_KEY_OLD].filter((key) => key !== undefined),
  }
}

/** In the cloud, token issuers must use https: only on a laptop does the issuer run on the same machine. */
function requireHttps(settings: EdgeSettings, inCloud: boolean): void {
  for (const name of ['OIDC_JWKS_URL', 'USER_JWKS_URL'] as const)
    if (inCloud && settings[name]?.startsWith('https:') === false)
      throw new Error(`invalid settings:\n  ${name}: needs https in the cloud`)
}

function userTokens(settings: EdgeSettings): UserTokens | undefined {
  const { USER_ISSUER: issuer, USER_AUDIENCE: audience, USER_JWKS_URL: jwksUrl } = settings
  if (issuer === undefined && audience === undefined && jwksUrl === undefined) return undefined
  if (issuer === undefined || audience === undefined || jwksUrl === undefined)
    throw new Error('invalid settings:\n  USER_ISSUER, USER_AUDIENCE, USER_JWKS_URL: set all three, or none')
  // The issuer is the only thing that distinguishes a user's token from a service account's.
  if (issuer === settings.OIDC_ISSUER) throw new Error('invalid settings:\n  USER_ISSUER: is that of service accounts')
  return { issuer, audience, jwksUrl, tenantClaim: settings.USER_TENANT_CLAIM }
}
