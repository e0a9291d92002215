// Settings from the environment: parsed once, all bad variables named in one message.
import { z } from 'zod'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Parses what a function needs of its environment.
 * @throws {Error} one message that lists every variable that is missing or wrong, without its value.
 */
export function parseEnvironment<T extends z.ZodType>(schema: T, environment: Environment): z.output<T> {
  const result = schema.safeParse(environment)
  if (result.success) return result.data
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.') || '(settings)'}: ${issue.message}`)
  throw new Error(`bad settings:\n${lines.join('\n')}`)
}

/** A whole number in an environment variable. */
export const wholeNumberSetting = (fallback: number, min: number, max: number) =>
  z.coerce.number('must be a number').int('must be a whole number').min(min).max(max).default(fallback)

const flagSetting = z
  .enum(['0', '1', 'true', 'false'])
  .default('0')
  .transform((value) => value === '1' || value === 'true')

/** Comma-separated; blanks are dropped. */
export const listSetting = z
  .string()
  .default('')
  .transform((value) => value.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()])))

/** The settings that every function has, as zod shapes: spread them into the function's own. */
export const commonSettings = {
  /** Set by the platform: which entry point of the module this process is. */
  FUNCTION_TARGET: z.string().default(''),
  /** Set by Cloud Run: we are in the cloud. */
  K_SERVICE: z.string().optional(),
  GOOGLE_CLOUD_PROJECT: z.string().optional(),
  /** The address to listen on; in the cloud it is left out. */
  LISTEN_HOST: z.string().min(1).optional(),
  /** `postgres://user:password@host:port/database`, or `…@/database?host=/cloudsql/project:region:instance` for a socket directory. */
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres://'),
  /** The server's CA certificate (PEM); turns TLS on and trusts nothing else. Needed in the cloud unless the way in is a socket. */
  DATABASE_CA: z.string().startsWith('-----BEGIN CERTIFICATE-----', 'must be a PEM certificate').optional(),
  /** Origins that a browser may call from, or `*`. */
  CORS_ORIGINS: listSetting,
  /** Callers without credentials act as the tenant `default`. Refused in the cloud. */
  OPEN: flagSetting,
  /** Of the Google service accounts' ID tokens. The audience is a fixed string: `penstock/<project>/<function>`. */
  OIDC_ISSUER: z.string().default('https://accounts.google.com'),
  OIDC_JWKS_URL: z.url().default('https://www.googleapis.com/oauth2/v3/certs'),
  OIDC_AUDIENCE: z.string().min(1).optional(),
  OIDC_EMAILS: listSetting,
} as const

export const commonSchema = z.object(commonSettings)
export type CommonSettings = z.output<typeof commonSchema>

/** What the front needs to know. */
export interface EdgeConfig {
  readonly target: string
  readonly host: string | undefined
  readonly inCloud: boolean
  readonly project: string | undefined
  readonly corsOrigins: readonly string[]
  readonly open: boolean
  readonly oidc: {
    readonly issuer: string
    readonly jwksUrl: string
    readonly audience: string | undefined
    readonly emails: readonly string[]
  }
}

/** How the database is reached. */
export interface DatabaseConfig {
  readonly url: string
  readonly ca: string | undefined
  readonly inCloud: boolean
}

/**
 * The common settings, grouped by who reads them.
 * @throws {Error} for what is unsafe in the cloud: callers without credentials, a database without TLS.
 */
export function commonConfig(settings: CommonSettings): {
  readonly edge: EdgeConfig
  readonly database: DatabaseConfig
} {
  const inCloud = settings.K_SERVICE !== undefined
  if (inCloud && settings.OPEN)
    throw new Error('bad settings:\n  OPEN: callers without credentials are not allowed in the cloud')
  // Not every URL that pg takes is one to `new URL`: a socket's has no host.
  const bySocket = /[?&]host=(\/|%2f)/i.test(settings.DATABASE_URL)
  if (inCloud && /[?&]sslmode=/i.test(settings.DATABASE_URL)) {
    throw new Error('bad settings:\n  DATABASE_URL: sslmode would override the pinned CA; leave it out')
  }
  if (inCloud && !bySocket && settings.DATABASE_CA === undefined) {
    throw new Error('bad settings:\n  DATABASE_CA: a database that is not reached by a socket needs TLS in the cloud')
  }
  return {
    edge: {
      target: settings.FUNCTION_TARGET,
      host: settings.LISTEN_HOST,
      inCloud,
      project: settings.GOOGLE_CLOUD_PROJECT,
      corsOrigins: settings.CORS_ORIGINS,
      open: settings.OPEN,
      oidc: {
        issuer: settings.OIDC_ISSUER,
        jwksUrl: settings.OIDC_JWKS_URL,
        audience: settings.OIDC_AUDIENCE,
        emails: settings.OIDC_EMAILS,
      },
    },
    database: { url: settings.DATABASE_URL, ca: settings.DATABASE_CA, inCloud },
  }
}
