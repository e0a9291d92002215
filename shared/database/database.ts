// The connection helper: units of work on the connections that connection.ts opens.
import { logger, type RequestContext, requestContext } from '../base/logger.ts'
import { prefixOf } from '../base/redaction.ts'
import type { Clock } from '../base/time.ts'
import type { DatabaseConfig } from '../config/config.ts'
import type { InstanceCounters } from '../report/instance-counters.ts'
import { noteStatement } from '../report/traces.ts'
import { applicationName } from './application-name.ts'
import { type ClientOpener, clientOpener } from './connection.ts'
import { deploymentOf } from './connection-budget.ts'
import { verifyDatabase } from './database-checks.ts'
import { isTransient, isUnreachable } from './database-errors.ts'
import { DISK_PROBE, openHealth, type Probed } from './database-health.ts'
import { repeatedly, toRefusal } from './database-retry.ts'
import { type Measure, type OneConnection, onOneConnection, textTypes } from './one-connection.ts'
import type { PipelineAnswer, PipelineRows, PipelineStatement } from './pipeline.ts'
import { createPool, type Lease, type Pool, type Poolable } from './pool.ts'
import { type UnitKind, type UnitOptions, type Units, unitsOf } from './units.ts'

/** The database of a deployment. */
export interface PenstockDatabase extends Units {
  /**
   * Runs statements as a tenant in one round trip, as one transaction: all of them have an effect or none. Answers the rows of each as texts. It is
   * retried like a unit, and `sharedLock` does not apply.
   */
  pipelineInTenant(
    tenantId: number,
    statements: readonly PipelineStatement[],
    options?: UnitOptions,
  ): Promise<readonly PipelineRows[]>
  /**
   * Reads as a tenant in one round trip, everything from one snapshot: the bytes of a `copy (…) to stdout`, and the rows of statements as texts.
   * It is retried like a unit.
   */
  readInOneTrip(tenantId: number, copy: string, statements: readonly PipelineStatement[]): Promise<PipelineAnswer>
  /**
   * Returns whether the database answers and accepts writes (see `openHealth`). Cached for 2 s; it never waits for a connection that
   * others use.
   */
  isHealthy(): Promise<boolean>
  /** Waits for units in progress, then closes every connection. */
  close(): Promise<void>
}

/** Settings that tests may replace. */
export interface DatabaseOverrides {
  readonly now: Clock
  /** Default: what the budget of the tier `standard` gives. */
  readonly poolSize: number
  /** Requests that are handled at a time; default: as `poolSize`. */
  readonly concurrency: number
  readonly connectTimeoutMs: number
  readonly acquireTimeoutMs: number
  readonly testAfterIdleMs: number
  readonly maxAgeMs: number
  /** Counts statements, and waits for connections. */
  readonly counters: InstanceCounters
}

const defaults = {
  now: Date.now,
  connectTimeoutMs: 5_000,
  acquireTimeoutMs: 5_000,
  testAfterIdleMs: 60_000,
  maxAgeMs: 600_000,
}
const UNIT_MS = 30_000
const PING_TIMEOUT_MS = 2_000
const CLOSE_GRACE_MS = 8_000

/**
 * Opens the database of a deployment; nothing is connected before the first unit. On the first
 * connection it checks the function's role, forced row security and the schema's version, and answers 503 until they are correct.
 */
export function openDatabase(
  functionName: string,
  config: DatabaseConfig,
  overrides: Partial<DatabaseOverrides> = {},
): PenstockDatabase {
  const settings = { ...defaults, ...budgeted(functionName, overrides), ...overrides }
  const { now, poolSize: max, concurrency, counters, ...limits } = settings
  const opener = clientOpener(config, {
    connectTimeoutMs: limits.connectTimeoutMs,
    now,
    more: { application_name: applicationName(functionName), keepAlive: true, types: textTypes },
  })
  const pool = createPool<Connection>({
    max,
    maxWaiting: concurrency * 4,
    ...limits,
    pingTimeoutMs: PING_TIMEOUT_MS,
    now,
    random: Math.random,
    isTransient,
    isUnreachable,
    ...(counters ? { waited: counters.waited, failed: counters.connectionFailed } : {}),
    open: opening(opener, measureOf(counters)),
  })
  counters?.watchPool(() => ({ max, ...pool.status() }))
  const health = openHealth({ pool, max, now })

  const attempts = attempting({ pool, now, health })
  return {
    ...unitsOf(async (kind, work) => {
      const context = requestContext.getStore()
      const beginning = { ...kind, stamps: stampsOf(context), subject: context?.subject }
      return await attempts(kind, (connection) => connection.transaction(beginning, work))
    }),
    pipelineInTenant: async (tenantId, statements, options = {}) =>
      await attempts({ tenantId, readOnly: false, ...options }, (connection) =>
        connection.pipeline(tenantId, statements),
      ),
    readInOneTrip: async (tenantId, copy, statements) =>
      await attempts({ tenantId, readOnly: true }, (connection) =>
        connection.readInOneTrip(tenantId, copy, statements),
      ),
    isHealthy: async () => await health.isHealthy(),
    async close() {
      await pool.close(CLOSE_GRACE_MS)
      opener.close()
    },
  }
}

/** Counts each statement, and notes it in the span of its request. */
function measureOf(counters: InstanceCounters | undefined): Measure {
  return (text, ms) => {
    counters?.statement(text, ms)
    noteStatement(text, ms)
  }
}

/** The settings that say who writes; undefined for work that belongs to no caller. */
function stampsOf(context: RequestContext | undefined): Readonly<Record<string, string>> | undefined {
  if (context?.actor === undefined) return undefined
  return {
    'app.actor': context.actor,
    'app.request_id': context.requestId,
    'app.address_prefix': prefixOf(context.address ?? ''),
  }
}

function budgeted(name: string, { poolSize, concurrency }: Partial<DatabaseOverrides>) {
  if (poolSize !== undefined && concurrency !== undefined) return { poolSize, concurrency }
  const deployment = deploymentOf(name)
  return { poolSize: deployment.pool, concurrency: deployment.concurrency }
}

/** Opens connections, and verifies the database on the first. */
function opening(opener: ClientOpener, measure: Measure): () => Promise<Connection> {
  let verified = false
  return async () => {
    try {
      const connection = await connect(opener, measure)
      if (!verified) await verifyOn(connection)
      verified = true
      return connection
    } catch (error) {
      if (!isTransient(error)) logger.fatal({ err: error }, 'database.refused')
      throw error
    }
  }
}

async function verifyOn(connection: Connection): Promise<void> {
  try {
    await verifyDatabase(connection.kysely)
  } catch (error) {
    connection.close()
    throw error
  }
}

type Attempt = <T>(kind: UnitKind, run: Run<T>) => Promise<T>

/** Makes the function that runs a unit until its deadline, and reports its failures to the cached health. */
function attempting({
  pool,
  now,
  health,
}: Pick<Attempts, 'pool' | 'now'> & { readonly health: ReturnType<typeof openHealth> }): Attempt {
  return async ({ tenantId, readOnly, ...options }, run) => {
    const deadline = options.deadline ?? requestContext.getStore()?.deadline ?? now() + UNIT_MS
    try {
      return await unitOf({ pool, now, deadline }, tenantId, run)
    } catch (error) {
      if (!readOnly) health.noteFailure(error)
      throw toRefusal(error)
    }
  }
}

interface Attempts {
  readonly pool: Pool<Connection>
  readonly now: Clock
  readonly deadline: number
}

/** Runs a unit until it succeeds, fails with a lasting error, or reaches its deadline. */
async function unitOf<T>({ pool, now, deadline }: Attempts, tenantId: number | null, run: Run<T>): Promise<T> {
  const attempt = async () => await once(await pool.acquire(deadline, holderOf(tenantId)), run, deadline - now())
  return await repeatedly({ now, deadline }, attempt)
}

/** One attempt of a unit on a connection of its own. */
type Run<T> = (connection: Connection) => Promise<T>

/** Returns the name under which the pool counts a unit, so that holders take turns; undefined for units without a tenant. */
const holderOf = (tenantId: number | null): string | undefined => (tenantId === null ? undefined : `tenant ${tenantId}`)

async function once<T>(lease: Lease<Connection>, run: Run<T>, remainingMs: number): Promise<T> {
  const { connection } = lease
  // When the server does not answer in time, closing the connection fails the current statement.
  const timer = setTimeout(() => connection.close(), Math.max(0, remainingMs))
  try {
    return await run(connection)
  } finally {
    clearTimeout(timer)
    // The server's reported status decides, never an error code: a unit that failed while it began may have left a failed transaction.
    lease.release(connection.isClosed() || !connection.isIdle())
  }
}

interface Connection extends Poolable, Probed, OneConnection {
  isClosed(): boolean
}

async function connect(opener: ClientOpener, measure: Measure): Promise<Connection> {
  const client = await opener.open()
  let closed = false
  const listeners: (() => void)[] = []
  const lost = () => {
    if (closed) return
    closed = true
    for (const listener of listeners) listener()
  }
  client.on('error', lost)
  client.on('end', lost)

  return {
    ...onOneConnection(client, measure),
    isClosed: () => closed,
    async ping() {
      await client.query('select 1')
    },
    async probe() {
      await client.query(DISK_PROBE)
    },
    close() {
      lost()
      client.end().catch(() => {})
    },
    onLost: (listener) => listeners.push(listener),
  }
}
