// A deployment: its slices behind one front, on one pool, with one set of settings.
import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { createApiKey, type IssuedApiKey, nameOfChecksumKey } from '../auth/api-key.ts'
import { openQuota } from '../auth/quota.ts'
import { busy } from '../base/problem.ts'
import type { Routes } from '../base/wire.ts'
import { openCache } from '../cache/open-cache.ts'
import { type CacheConfig, cacheConfig, cacheSettings } from '../config/cache-config.ts'
import {
  type CommonSettings,
  commonConfig,
  commonSettings,
  type DatabaseConfig,
  type EdgeConfig,
  type Environment,
  edgeConfig,
  edgeSettings,
  parseEnvironment,
} from '../config/config.ts'
import { tracesSettings } from '../config/traces-config.ts'
import { instanceId } from '../database/application-name.ts'
import { saltReader } from '../database/connection.ts'
import { deploymentOf } from '../database/connection-budget.ts'
import { type DatabaseOverrides, openDatabase, type PenstockDatabase } from '../database/database.ts'
import { noDatabase } from '../database/no-database.ts'
import { ownerConnection } from '../database/owner-connection.ts'
import { copyOpener } from '../database/restored-copy.ts'
import { serve } from '../http/edge.ts'
import type { Handlers, Service } from '../http/service.ts'
import { countInstance } from '../report/instance-counters.ts'
import { type InstanceReport, type InstanceReportDeps, openInstanceReport } from '../report/instance-report.ts'
import { openTraces, type Traces } from '../report/traces.ts'
import type { Entry, OwnConnections, SettingsShape, SliceDeps } from './define-slice.ts'

export interface DeploymentConfig {
  readonly edge: EdgeConfig
  /** Undefined when no slice has a database. */
  readonly database: DatabaseConfig | undefined
  readonly cache: CacheConfig
  /** Undefined when nothing is reported. */
  readonly report?: { readonly intervalMs: number; readonly revision: string } | undefined
  /** The receiver of traces. Undefined when none are exported. */
  readonly tracesEndpoint?: string | undefined
  /** The values of all settings. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** The smallest cache, for a deployment whose slices do not cache. It is opened all the same, and never read. */
const NO_CACHE: CacheConfig = { redis: undefined, maxBytes: 1024 * 1024 }
/** Jobs wait for the connection that they share for as long as a long statement of another one takes. */
const PATIENT_MS = 60_000
const SALT_TIMEOUT_MS = 5_000

/** Serves slices as the function of this name. */
export function serveDeployment(name: string, slices: readonly Entry[], environment: Environment): void {
  serve(name, openDeployment(name, slices, readSettings(slices, environment)))
}

/** The settings that slices read, by name. */
export const settingsOf = (slices: readonly Pick<Entry, 'settings' | 'cache'>[]): SettingsShape => ({
  ...(slices.some(({ cache }) => cache) ? cacheSettings : {}),
  ...Object.assign({}, ...slices.map(({ settings }) => settings)),
})

/** Parses the settings of a deployment. @throws {Error} one message that names every bad variable, without its value. */
export function readSettings(slices: readonly Entry[], environment: Environment): DeploymentConfig {
  const hasDatabase = slices.some(({ runtime }) => runtime.connections > 0)
  const schema = z.object({
    ...(hasDatabase ? commonSettings : edgeSettings),
    ...tracesSettings,
    ...settingsOf(slices),
  })
  const settings = parseEnvironment(schema, environment) as CommonSettings & Readonly<Record<string, unknown>>
  const { edge, database } = hasDatabase ? commonConfig(settings) : { edge: edgeConfig(settings), database: undefined }
  const cached = settings as unknown as Parameters<typeof cacheConfig>[0]
  const cache = 'CACHE_MIB' in settings ? cacheConfig(cached, edge.inCloud) : NO_CACHE
  const report = hasDatabase
    ? { intervalMs: settings.REPORT_SECONDS * 1_000, revision: settings.K_REVISION }
    : undefined
  const { OTLP_TRACES_ENDPOINT: tracesEndpoint } = settings as z.output<z.ZodObject<typeof tracesSettings>>
  return { edge, database, cache, report, tracesEndpoint, settings }
}

/** Opens what the slices share, and their handlers. Nothing is connected before the first request. */
export function openDeployment(
  name: string,
  slices: readonly Entry[],
  config: DeploymentConfig,
  overrides: Partial<DatabaseOverrides> = {},
): Service<Routes> {
  const counters = countInstance()
  const db = config.database ? openPool(name, config.database, config.edge, { counters, ...overrides }) : noDatabase
  const elapsed = () => performance.now()
  const quota = openQuota({ db, usage: counters.usage, now: Date.now, elapsed })
  const shared = {
    db,
    cache: openCache(config.cache, counters.cacheRead),
    settings: config.settings,
    platform: { tier: config.edge.tier ?? 'standard', inCloud: config.edge.inCloud, project: config.edge.project },
    now: Date.now,
    pause: async (ms: number) => await sleep(ms),
    newId: () => randomUUID(),
    newApiKey: keyMaker(config.edge),
    takePoints: quota.takePoints,
    usage: counters.usage,
  }
  const own = config.database ? ownConnections(name, config.database) : noOwnConnections
  return {
    config: config.edge,
    db,
    quota: config.database && quota,
    traces: openTracesOf(name, config),
    report: config.report && openReport({ name, db, counters, ...config.report }),
    ...combine(slices, ({ runtime }) => ({
      ...shared,
      own: runtime.connections === 2 ? own : { ...noOwnConnections, onCopy: own.onCopy },
    })),
  }
}

function openTracesOf(name: string, { tracesEndpoint: endpoint, report }: DeploymentConfig): Traces | undefined {
  if (endpoint === undefined) return undefined
  const identity = { deployment: name, instance: instanceId, revision: report?.revision ?? 'local' }
  return openTraces({ endpoint, now: Date.now, ...identity })
}

const keyMaker =
  ({ checksumKeys = [] }: EdgeConfig) =>
  (): IssuedApiKey => {
    const [checksumKey] = checksumKeys
    if (!checksumKey) throw busy('No keys can be made, because the setting KEY_CHECKSUM_KEY is missing.')
    return { ...createApiKey(randomBytes, checksumKey), checksumKey: nameOfChecksumKey(checksumKey) }
  }

function openReport(
  parts: Pick<InstanceReportDeps, 'db' | 'counters' | 'intervalMs'> & {
    readonly name: string
    readonly revision: string
  },
): InstanceReport {
  const { name, revision, ...deps } = parts
  return openInstanceReport({ ...deps, now: Date.now, identity: { function: name, instance: instanceId, revision } })
}

function openPool(
  name: string,
  database: DatabaseConfig,
  { tier }: EdgeConfig,
  overrides: Partial<DatabaseOverrides>,
): PenstockDatabase {
  const { pool, own_connection: hasOwn, concurrency, maintenance } = deploymentOf(name, tier)
  return openDatabase(name, database, {
    poolSize: hasOwn ? pool - 1 : pool,
    concurrency,
    ...(maintenance ? { acquireTimeoutMs: PATIENT_MS } : {}),
    ...overrides,
  })
}

/** The routes of all slices as those of one service. A key is the name of its slice and the key there. */
function combine(
  slices: readonly Entry[],
  depsOf: (slice: Entry) => object,
): Pick<Service<Routes>, 'routes' | 'handlers' | 'failure'> {
  const routes: Record<string, Routes[string]> = {}
  const handlers: Record<string, Handlers<Routes>[string]> = {}
  const failures = new Map<unknown, NonNullable<Entry['failure']>>()
  for (const slice of slices) {
    const opened = slice.open(depsOf(slice) as SliceDeps<never>)
    for (const [key, route] of Object.entries(slice.routes)) {
      const handler = opened[key]
      if (!handler) throw new Error(`the slice ${slice.name} has no handler for its route ${key}`)
      routes[`${slice.name}.${key}`] = route
      handlers[`${slice.name}.${key}`] = handler
      if (slice.failure) failures.set(route, slice.failure)
    }
  }
  return {
    routes,
    handlers,
    failure: (problem, route, headers) => failures.get(route)?.(problem, route, headers),
  }
}

function ownConnections(name: string, database: DatabaseConfig): OwnConnections {
  return {
    asOwner: ownerConnection(name, database),
    readSalt: saltReader(database, { connectTimeoutMs: SALT_TIMEOUT_MS, now: Date.now }),
    onCopy: copyOpener(name, database),
  }
}

const refuse = async (): Promise<never> => {
  throw new Error('this slice declares one connection: it has none outside the pool')
}
const noOwnConnections: OwnConnections = {
  asOwner: refuse,
  readSalt: refuse,
  onCopy: () => refuse,
}
