// A function's environment on a laptop: what Terraform sets in the cloud, and of this process's own only what any program needs.
import { join } from 'node:path'
import { heapOptions } from '@penstock/shared/connection-budget.ts'
import type { EntryPoint } from '../entry-points.ts'
import type { OidcIssuer } from './oidc-issuer.ts'
import { USER_AUDIENCE, type UserIssuer } from './user-issuer.ts'

export const PROJECT = 'local'
export const SCHEDULER_EMAIL = 'penstock-scheduler@local.iam.gserviceaccount.com'
export const PUBSUB_EMAIL = 'penstock-pubsub@local.iam.gserviceaccount.com'

export interface EnvironmentOptions {
  readonly databaseUrl: string
  readonly issuer: Pick<OidcIssuer, 'issuer' | 'jwksUrl'>
  /** Absent: no user's token is taken. */
  readonly users?: Pick<UserIssuer, 'issuer' | 'jwksUrl'>
  readonly cursorKey: string
  /** Of Cloud Storage; left out where nothing is archived: a call to it then fails. */
  readonly storageUrl?: string
  readonly open: boolean
  /** This process's. */
  readonly own: Readonly<Record<string, string | undefined>>
}

/** What any program needs; and what a person may set for all functions. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'DATABASE_CA', 'REDIS_URL']

/** The bucket that months are archived to. */
export const ARCHIVE_BUCKET = 'penstock-archive'

/** Nobody listens there: without an endpoint the client would ask Google. */
const NO_STORAGE = 'http://127.0.0.1:1'

/** The audience of tokens for a function: the same fixed string as in the cloud. */
export const audienceOf = (functionName: string): string => `penstock/${PROJECT}/${functionName}`

/** The module of a function. */
export const sourceOf = (rootFolder: string, { slice }: EntryPoint): string =>
  join(rootFolder, 'functions', slice, 'index.ts')

/** All variables of a function's process but its port and target. */
export function functionEnvironment(entry: EntryPoint, options: EnvironmentOptions): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = options.own[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(passed),
    NODE_ENV: 'production',
    NODE_OPTIONS: heapOptions(entry.name),
    // With --open a function asks for no credentials: nobody else on the network may reach it.
    LISTEN_HOST: '127.0.0.1',
    GOOGLE_CLOUD_PROJECT: PROJECT,
    DATABASE_URL: options.databaseUrl,
    CORS_ORIGINS: options.own['CORS_ORIGINS'] ?? '*',
    CURSOR_KEY: options.cursorKey,
    ARCHIVE_BUCKET,
    ARCHIVE_STORAGE_ENDPOINT: options.storageUrl ?? NO_STORAGE,
    // Late points bring an archived month back with the next run, not with the next day's.
    REOPEN_HOURS: '0',
    // Every run of the compaction takes whatever it may: what is tried on a laptop goes through chunks and roll-ups.
    COMPACT_MIN_POINTS: options.own['COMPACT_MIN_POINTS'] ?? '0',
    MERGE_HOURS: options.own['MERGE_HOURS'] ?? '0',
    OIDC_ISSUER: options.issuer.issuer,
    OIDC_JWKS_URL: options.issuer.jwksUrl,
    OIDC_AUDIENCE: audienceOf(entry.name),
    OIDC_EMAILS: entry.routes === 'pubsubRoutes' ? PUBSUB_EMAIL : SCHEDULER_EMAIL,
    ...(options.users ? userSettings(options.users) : {}),
    ...(options.open ? { OPEN: '1' } : {}),
  }
}

const userSettings = ({ issuer, jwksUrl }: Pick<UserIssuer, 'issuer' | 'jwksUrl'>): Record<string, string> => ({
  USER_ISSUER: issuer,
  USER_AUDIENCE,
  USER_JWKS_URL: jwksUrl,
})
