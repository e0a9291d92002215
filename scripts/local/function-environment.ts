// A function's environment on a laptop: the variables that Terraform sets in the cloud, and only those of this process that any program
// needs.

import type { Tier } from '@penstock/shared/config/tier.ts'
import { deploymentOf, heapOptions } from '@penstock/shared/database/connection-budget.ts'
import type { Secrets } from '../cli/state.ts'
import { ARCHIVE_BUCKET, BACKUP_BUCKET } from '../cli/state.ts'
import { isPush, type ServedDeployment } from '../deploy/deployments.ts'
import type { OidcIssuer } from './issuers/oidc-issuer.ts'
import { USER_AUDIENCE, type UserIssuer } from './issuers/user-issuer.ts'
import { SUITE_TOPIC } from './pubsub/metrics-push.ts'

export const PROJECT = 'local'
/** Name of the database's instance in the local Cloud SQL Admin API. */
export const DATABASE_INSTANCE = 'penstock-db'
export const SCHEDULER_EMAIL = 'penstock-scheduler@local.iam.gserviceaccount.com'
export const PUBSUB_EMAIL = 'penstock-pubsub@local.iam.gserviceaccount.com'

/** Secrets that Secret Manager holds in the cloud, in hexadecimal. */
export interface FunctionKeys {
  readonly cursor: string
  readonly pointId: string
  readonly checksum: string
}

/** Returns the secrets of the suite. */
export const functionKeys = (secrets: Secrets): FunctionKeys => ({
  cursor: secrets.cursor_key,
  pointId: secrets.point_id_key,
  checksum: secrets.key_checksum_key,
})

export interface LocalAlerts {
  /** The file with the keys of notification channels. */
  readonly keyFile: string
  readonly smtpUrl?: string
  /** The page that e-mails link to. */
  readonly dashboard?: string
}

export interface EnvironmentOptions {
  /** Default: standard. */
  readonly tier?: Tier
  /** Undefined for a deployment without a database. */
  readonly databaseUrl: string | undefined
  readonly issuer: Pick<OidcIssuer, 'issuer' | 'jwksUrl'>
  /** When absent, no user's token is accepted. */
  readonly users?: Pick<UserIssuer, 'issuer' | 'jwksUrl'>
  readonly keys: FunctionKeys
  /** URL of Cloud Storage. Omitted when nothing is archived: a call to storage then fails. */
  readonly storageUrl?: string
  /** URL of Cloud Monitoring. Omitted when nothing is published. */
  readonly monitoringUrl?: string
  /** URL of the Cloud SQL Admin API. Omitted when nothing is backed up. */
  readonly sqlAdminUrl?: string
  /** Settings of alerts. Omitted when nobody is notified: no channel can be made then. */
  readonly alerts?: LocalAlerts
  /** URL of Pub/Sub for the suite's own numbers. Omitted when they are not stored. */
  readonly pubsubUrl?: string
  /** URL of the services that count people in images. Omitted when no image is taken. */
  readonly countersUrl?: string
  /** Path of the built console. Omitted when there is none. */
  readonly consoleApp?: string
  readonly open: boolean
  /** The environment of this process. */
  readonly own: Readonly<Record<string, string | undefined>>
}

/** Variables that any program needs, and those that a person may set for all functions. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'DATABASE_CA', 'REDIS_URL', 'OTLP_TRACES_ENDPOINT']

/** An address where nothing listens: without an endpoint the client would call Google. */
const NO_STORAGE = 'http://127.0.0.1:1'

/** A file that does not exist. */
const NO_KEYS = '/dev/null/channel-keys.json'

/** Web pages of any origin may call with a key. When no key is needed, no page may call at all. */
export const defaultOrigins = (open: boolean): string => (open ? '' : '*')

/** Returns the audience of tokens for a function: the same fixed string as in the cloud. */
export const audienceOf = (functionName: string): string => `penstock/${PROJECT}/${functionName}`

/** Returns all variables of a function's process except its port and its target. */
export function functionEnvironment(deployment: ServedDeployment, options: EnvironmentOptions): Record<string, string> {
  const { tier = 'standard' } = options
  const passed = PASSED_ON.flatMap((name) => {
    const value = options.own[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(passed),
    NODE_ENV: 'production',
    NODE_OPTIONS: heapOptions(deploymentOf(deployment.name, tier)),
    // With --open a function asks for no credentials, so it must not be reachable from the network.
    LISTEN_HOST: '127.0.0.1',
    // The gateway and each function's own address append the caller's address; a direct call has the peer's.
    TRUSTED_HOPS: '1',
    GOOGLE_CLOUD_PROJECT: PROJECT,
    PENSTOCK_TIER: tier,
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    CORS_ORIGINS: options.own['CORS_ORIGINS'] ?? defaultOrigins(options.open),
    CURSOR_KEY: options.keys.cursor,
    POINT_ID_KEY: options.keys.pointId,
    KEY_CHECKSUM_KEY: options.keys.checksum,
    ARCHIVE_BUCKET,
    AUDIT_BUCKET: ARCHIVE_BUCKET,
    ARCHIVE_STORAGE_ENDPOINT: options.storageUrl ?? NO_STORAGE,
    ...(options.monitoringUrl === undefined ? {} : { MONITORING_ENDPOINT: options.monitoringUrl }),
    ...(options.sqlAdminUrl === undefined ? {} : backups(options.sqlAdminUrl)),
    ...(options.pubsubUrl === undefined ? {} : suiteTopic(options.pubsubUrl)),
    ...(options.countersUrl === undefined ? {} : counterServices(options.countersUrl)),
    ...alertSettings(options.alerts),
    ...(options.consoleApp === undefined ? {} : { CONSOLE_APP: options.consoleApp }),
    DEMO: options.own['DEMO'] ?? '1',
    // A person who tries the suite sees its reports at once.
    REPORT_SECONDS: '5',
    // Late points bring an archived month back with the next run, not only once a day.
    REOPEN_HOURS: '0',
    // Series whose months have left the database leave the count with the same run.
    SERIES_IDLE_HOURS: options.own['SERIES_IDLE_HOURS'] ?? '0',
    // Every run of the compaction takes all points that it may, so that a trial on a laptop uses chunks and roll-ups.
    COMPACT_MIN_POINTS: options.own['COMPACT_MIN_POINTS'] ?? '0',
    MERGE_HOURS: options.own['MERGE_HOURS'] ?? '0',
    OIDC_ISSUER: options.issuer.issuer,
    OIDC_JWKS_URL: options.issuer.jwksUrl,
    OIDC_AUDIENCE: audienceOf(deployment.name),
    OIDC_EMAILS: isPush(deployment) ? PUBSUB_EMAIL : SCHEDULER_EMAIL,
    ...(options.users ? userSettings(options.users) : {}),
    ...(options.open ? { OPEN: '1' } : {}),
  }
}

const backups = (sqlAdminUrl: string): Record<string, string> => ({
  BACKED_UP_INSTANCE: `${PROJECT}:${DATABASE_INSTANCE}`,
  BACKUP_BUCKET,
  BACKUP_ADMIN_ENDPOINT: sqlAdminUrl,
  // A laptop has no daily backup.
  BACKUP_TAKE_HOURS: '20',
  BACKUP_ASK_MS: '200',
})

const counterServices = (url: string): Record<string, string> => ({
  CROWD_URL: url,
  CROWD_TIMEOUT_MS: '3000',
  GEMINI_ENDPOINT: url.replace(/\/$/, ''),
  GEMINI_API_KEY: 'local',
})

const alertSettings = (
  { keyFile, smtpUrl, dashboard }: LocalAlerts = { keyFile: NO_KEYS },
): Record<string, string> => ({
  CHANNEL_KEY_FILE: keyFile,
  ...(smtpUrl === undefined ? {} : { SMTP_URL: smtpUrl }),
  ...(dashboard === undefined ? {} : { ALERT_DASHBOARD_URL: dashboard }),
})

const suiteTopic = (pubsubUrl: string): Record<string, string> => ({
  SUITE_TOPIC: `projects/${PROJECT}/topics/${SUITE_TOPIC}`,
  SUITE_PUBSUB_ENDPOINT: pubsubUrl,
})

const userSettings = ({ issuer, jwksUrl }: Pick<UserIssuer, 'issuer' | 'jwksUrl'>): Record<string, string> => ({
  USER_ISSUER: issuer,
  USER_AUDIENCE,
  USER_JWKS_URL: jwksUrl,
})
