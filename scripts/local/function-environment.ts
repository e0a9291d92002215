// A function's environment on a laptop: what Terraform sets in the cloud, and of this process's own only what any program needs.

import { join } from 'node:path'
import { heapOptions } from '@penstock/shared/database/connection-budget.ts'
import type { Secrets } from '../cli/state.ts'
import { ARCHIVE_BUCKET } from '../cli/state.ts'
import type { EntryPoint } from '../deploy/entry-points.ts'
import type { OidcIssuer } from './issuers/oidc-issuer.ts'
import { USER_AUDIENCE, type UserIssuer } from './issuers/user-issuer.ts'

export const PROJECT = 'local'
export const SCHEDULER_EMAIL = 'penstock-scheduler@local.iam.gserviceaccount.com'
export const PUBSUB_EMAIL = 'penstock-pubsub@local.iam.gserviceaccount.com'

/** What Secret Manager holds in the cloud, in hexadecimal. */
export interface FunctionKeys {
  readonly cursor: string
  readonly pointId: string
  readonly checksum: string
}

/** The keys that the suite keeps. */
export const functionKeys = (secrets: Secrets): FunctionKeys => ({
  cursor: secrets.cursor_key,
  pointId: secrets.point_id_key,
  checksum: secrets.key_checksum_key,
})

export interface EnvironmentOptions {
  readonly databaseUrl: string
  readonly issuer: Pick<OidcIssuer, 'issuer' | 'jwksUrl'>
  /** Absent: no user's token is taken. */
  readonly users?: Pick<UserIssuer, 'issuer' | 'jwksUrl'>
  readonly keys: FunctionKeys
  /** Of Cloud Storage; left out where nothing is archived: a call to it then fails. */
  readonly storageUrl?: string
  readonly open: boolean
  /** This process's. */
  readonly own: Readonly<Record<string, string | undefined>>
}

/** What any program needs; and what a person may set for all functions. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'DATABASE_CA', 'REDIS_URL']

/** Nobody listens there: without an endpoint the client would ask Google. */
const NO_STORAGE = 'http://127.0.0.1:1'

/** Web pages of any origin may call with a key; where none is needed, pages may not call at all. */
export const defaultOrigins = (open: boolean): string => (open ? '' : '*')

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
    // The gateway and the door of each function append the address that they see; a function that is reached directly has the peer's.
    TRUSTED_HOPS: '1',
    GOOGLE_CLOUD_PROJECT: PROJECT,
    DATABASE_URL: options.databaseUrl,
    CORS_ORIGINS: options.own['CORS_ORIGINS'] ?? defaultOrigins(options.open),
    CURSOR_KEY: options.keys.cursor,
    POINT_ID_KEY: options.keys.pointId,
    KEY_CHECKSUM_KEY: options.keys.checksum,
    ARCHIVE_BUCKET,
    ARCHIVE_STORAGE_ENDPOINT: options.storageUrl ?? NO_STORAGE,
    // Late points bring an archived month back with the next run, not with the next day's.
    REOPEN_HOURS: '0',
    // Series whose months have left the database leave the count with the same run.
    SERIES_IDLE_HOURS: options.own['SERIES_IDLE_HOURS'] ?? '0',
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
