// Writes the report of an instance into its row of instance_report. There is no timer, because an instance has no CPU between
// requests: the first request that ends after the interval writes the row before its answer is sent.
import type { Transaction } from 'kysely'
import { logger } from '../base/logger.ts'
import type { Clock } from '../base/time.ts'
import type { Database } from '../schema/index.ts'
import type { CountedRequest, InstanceCounters, InstanceCountersReport } from './instance-counters.ts'
import { deleteOldReports, type InstanceReportRow, putReport } from './report-queries.ts'
import { addUsage } from './usage.ts'

export interface InstanceReport {
  /** Counts a request that is about to be answered, and writes the report when it is due. Never throws. */
  requestEnded(request: CountedRequest): Promise<void>
  /** Writes the last report of an instance that has answered requests since the one before. Never throws. */
  writeLast(): Promise<void>
}

export interface InstanceReportDeps {
  readonly db: {
    writeAll<T>(work: (tx: Transaction<Database>) => Promise<T>, options: { readonly deadline: number }): Promise<T>
  }
  readonly counters: InstanceCounters
  readonly now: Clock
  /** The function, this instance and its revision. */
  readonly identity: Pick<InstanceReportRow, 'function' | 'instance' | 'revision'>
  /** The least time between two reports. */
  readonly intervalMs: number
}

/** The longest time by which a report delays an answer. */
const WRITE_MS = 1_000
/** The platform leaves half a second after the last request. */
const LAST_WRITE_MS = 300
/** Maximum bytes of the report as JSON text, as in migrations/0074-instance-report.sql. */
const MAX_REPORT_BYTES = 65_536
/** PostgreSQL writes a blank after each comma and colon. */
const BLANKS = /[,:]/g

/** The statuses of requests that failed because the database or its connections were not available. */
const WITHOUT_CONNECTION: ReadonlySet<number> = new Set([429, 503])

export function openInstanceReport(deps: InstanceReportDeps): InstanceReport {
  const { counters, now, intervalMs } = deps
  const startedAt = now()
  const state = { lastAt: startedAt, reported: 0, pruned: false }

  const write = async (withinMs: number): Promise<void> => {
    state.lastAt = now()
    const requests = counters.requests()
    const prunes = !state.pruned
    const usage = counters.usage.take()
    const row = { ...deps.identity, startedAt, report: fitted(counters.report()) }
    try {
      await deps.db.writeAll(
        async (tx) => {
          await putReport(tx, row)
          if (prunes) await deleteOldReports(tx, row.function)
          await addUsage(tx, usage)
        },
        { deadline: now() + withinMs },
      )
      state.reported = requests
      state.pruned = true
    } catch (error) {
      for (const [tenantId, counted] of usage) counters.usage.add(tenantId, counted)
      logger.warn({ err: error }, 'instance.report_failed')
    }
  }
  const isDue = (): boolean => {
    const age = now() - state.lastAt
    if (age >= 0 && age < intervalMs) return false
    // A report does not compete with callers for a connection, until it is a whole interval late.
    const pool = counters.pool()
    const isFree = !pool || (pool.waiting === 0 && pool.idle > 0)
    return isFree || age < 0 || age >= 2 * intervalMs
  }
  return {
    async requestEnded(request) {
      counters.request(request)
      const hadConnection = request.isOverLimit === true || !WITHOUT_CONNECTION.has(request.status)
      if (hadConnection && isDue()) await write(WRITE_MS)
    },
    async writeLast() {
      if (counters.requests() > state.reported) await write(LAST_WRITE_MS)
    },
  }
}

/** Returns the report as JSON text, without the statements of least total time where it would be too large. */
function fitted(report: InstanceCountersReport): string {
  for (let kept = report.top_statements.length; ; kept = Math.floor(kept / 2)) {
    const text = JSON.stringify({ ...report, top_statements: report.top_statements.slice(0, kept) })
    if (kept === 0 || Buffer.byteLength(text) + (text.match(BLANKS)?.length ?? 0) <= MAX_REPORT_BYTES) return text
  }
}
