// Counts what an instance does, in memory, from its start. Every number only grows, so a report that was not written loses nothing but time.
import { createHistogram } from './histogram.ts'
import { countStatements, rounded, type StatementReport } from './statements.ts'
import { countUsage, type UsageCounter } from './usage.ts'

/** The connections of an instance at a moment. */
export interface PoolReport {
  readonly max: number
  readonly lent: number
  readonly idle: number
  readonly waiting: number
}

/** A request that was answered. */
export interface CountedRequest {
  /** Method and path of the route, with its parameters in braces; undefined when no route matched. */
  readonly route: string | undefined
  readonly status: number
  readonly ms: number
  /** Undefined for callers that belong to no tenant. */
  readonly tenantId: number | undefined
  /** The limit of the tenant's plan refused it. */
  readonly isOverLimit?: boolean
  readonly bytesIn: number
  readonly bytesOut: number
}

interface TenantReport {
  requests: number
  /** Answers of 4xx. */
  refusals: number
  /** Bytes of bodies that were received, and of answers. */
  bytes_in: number
  bytes_out: number
}

type Counts = Readonly<Record<string, number>>

/** Everything that an instance knows about itself. A histogram is a list of index and count in turn. */
export interface InstanceCountersReport {
  readonly pool: (PoolReport & { readonly longest_wait_ms: number; readonly failed_connections: number }) | null
  /** `slow` are statements of 200 ms and more. */
  readonly statements: { readonly histogram: readonly number[]; readonly total_ms: number; readonly slow: number }
  readonly top_statements: readonly StatementReport[]
  readonly other_statements: { readonly calls: number; readonly total_ms: number }
  readonly requests: { readonly histogram: readonly number[]; readonly total_ms: number }
  /** Requests by route, then by the class of their status, as `2xx`. */
  readonly routes: Readonly<Record<string, Counts>>
  /** Cached reads by kind, then by source. */
  readonly cache: Readonly<Record<string, Counts>>
  readonly tenants: Readonly<Record<string, Readonly<TenantReport>>>
  /** All tenants beyond the first 200 together. */
  readonly other_tenants: Readonly<TenantReport>
}

export interface InstanceCounters {
  /** The usage of tenants, for the rows of the day. */
  readonly usage: UsageCounter
  readonly statement: (text: string, ms: number) => void
  request(request: CountedRequest): void
  readonly cacheRead: (kind: string, source: string) => void
  /** Counts how long a caller waited for a connection. */
  readonly waited: (ms: number) => void
  /** Counts an attempt to connect that failed. */
  readonly connectionFailed: () => void
  /** Sets how the state of the pool is read. */
  watchPool(read: () => PoolReport): void
  pool(): PoolReport | undefined
  /** Number of requests so far. */
  requests(): number
  report(): InstanceCountersReport
}

const MAX_TENANTS = 200
/** A statement that takes as long counts as slow. */
export const SLOW_STATEMENT_MS = 200
const TOP_STATEMENTS = 50

export function countInstance(): InstanceCounters {
  const statements = countStatements()
  const usage = countUsage()
  const statementTimes = countTimes()
  const requestTimes = countTimes()
  let slowStatements = 0
  const routes = new Map<string, Map<string, number>>()
  const cache = new Map<string, Map<string, number>>()
  const tenants = new Map<number, TenantReport>()
  const otherTenants = noRequests()
  let readPool: (() => PoolReport) | undefined
  const connecting = { longest_wait_ms: 0, failed_connections: 0 }
  let requests = 0
  return {
    usage,
    statement(text, ms) {
      statements.add(text, ms)
      statementTimes.add(ms)
      if (ms >= SLOW_STATEMENT_MS) slowStatements++
    },
    request({ route = 'unmatched', status, ms, tenantId, isOverLimit = false, ...bytes }) {
      requests++
      requestTimes.add(ms)
      countIn(routes, route, `${Math.trunc(status / 100)}xx`)
      if (tenantId === undefined) return
      addTo(tenantIn(tenants, tenantId) ?? otherTenants, status, bytes)
      usage.add(tenantId, usedBy(bytes, isOverLimit))
    },
    cacheRead: (kind, source) => countIn(cache, kind, source),
    waited: (ms) => void (connecting.longest_wait_ms = Math.max(connecting.longest_wait_ms, rounded(ms))),
    connectionFailed: () => void connecting.failed_connections++,
    watchPool(read) {
      readPool = read
    },
    pool: () => readPool?.(),
    requests: () => requests,
    report: () => ({
      pool: readPool ? { ...readPool(), ...connecting } : null,
      statements: { ...statementTimes.report(), slow: slowStatements },
      top_statements: statements.top(TOP_STATEMENTS),
      other_statements: statements.others(),
      requests: requestTimes.report(),
      routes: toObject(routes),
      cache: toObject(cache),
      tenants: Object.fromEntries(tenants),
      other_tenants: otherTenants,
    }),
  }
}

const usedBy = ({ bytesIn, bytesOut }: Pick<CountedRequest, 'bytesIn' | 'bytesOut'>, isOverLimit: boolean) => ({
  requests: 1,
  requests_refused: Number(isOverLimit),
  bytes_in: bytesIn,
  bytes_out: bytesOut,
})

/** Counts durations, and adds them up. */
function countTimes() {
  const histogram = createHistogram()
  let totalMs = 0
  return {
    add(ms: number): void {
      histogram.add(ms)
      totalMs += ms
    },
    report: () => ({ histogram: histogram.toList(), total_ms: rounded(totalMs) }),
  }
}

const noRequests = (): TenantReport => ({ requests: 0, refusals: 0, bytes_in: 0, bytes_out: 0 })

/** Returns the counts of a tenant; undefined when there are too many tenants. */
function tenantIn(tenants: Map<number, TenantReport>, id: number): TenantReport | undefined {
  const known = tenants.get(id)
  if (known || tenants.size >= MAX_TENANTS) return known
  const added = noRequests()
  tenants.set(id, added)
  return added
}

function addTo(tenant: TenantReport, status: number, bytes: Pick<CountedRequest, 'bytesIn' | 'bytesOut'>): void {
  tenant.requests++
  if (status >= 400 && status < 500) tenant.refusals++
  tenant.bytes_in += bytes.bytesIn
  tenant.bytes_out += bytes.bytesOut
}

function countIn(groups: Map<string, Map<string, number>>, group: string, name: string): void {
  const counts = groups.get(group) ?? new Map<string, number>()
  groups.set(group, counts.set(name, (counts.get(name) ?? 0) + 1))
}

const toObject = (groups: Map<string, Map<string, number>>): Readonly<Record<string, Counts>> =>
  Object.fromEntries([...groups].map(([group, counts]) => [group, Object.fromEntries(counts)]))
