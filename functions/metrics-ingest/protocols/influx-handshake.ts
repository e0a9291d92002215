// Answers the requests that InfluxDB 1 clients send before they write: the ping, the version, and the creation of their database.
// https://docs.influxdata.com/influxdb/v1/tools/api/
import type { Reply } from '@penstock/shared/http/service.ts'
import { influxError } from './influx-reply.ts'

/** The supported version of the interface: clients read it from a header, and some refuse to continue without one. */
const VERSION = '1.8.10'
const VERSION_HEADERS = { 'x-influxdb-version': VERSION, 'x-influxdb-build': 'OSS' }

/** Answers a ping. With `verbose` the body holds the version too. */
export function pingReply(verbose: string | undefined): Reply {
  if (verbose === undefined || verbose === '0' || verbose === 'false') return { status: 204, headers: VERSION_HEADERS }
  return { json: { version: VERSION }, headers: VERSION_HEADERS }
}

const CREATES = /^(?:create|alter)\s+(?:database|retention\s+policy)\s/i
const LISTS = /^show\s+databases$/i

/**
 * Answers a statement. Databases and retention policies need not be created, because a write may use any name. So a statement that
 * creates one succeeds, there are none to list, and any other statement is refused with a reference to the query API.
 */
export function statementReply(text: string): Reply {
  const statements = text
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
  if (statements.length === 0) return influxError(400, 'missing required parameter "q"')
  const refused = statements.find((statement) => !CREATES.test(statement) && !LISTS.test(statement))
  if (refused !== undefined)
    return influxError(400, 'queries are not supported here: read the points with GET /api/v1/monitoring/metrics')
  const results = statements.map((statement, id) =>
    LISTS.test(statement)
      ? { statement_id: id, series: [{ name: 'databases', columns: ['name'], values: [] }] }
      : { statement_id: id },
  )
  return { json: { results }, headers: VERSION_HEADERS }
}

/** Returns the statement of a request, from its query string or from its form. */
export function statementIn(
  query: string | undefined,
  headers: { readonly 'content-type'?: string | undefined },
  body: Buffer,
): string {
  if (query !== undefined) return query
  const isForm = headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded')
  return isForm ? (new URLSearchParams(body.toString('utf8', 0, MAX_FORM_BYTES)).get('q') ?? '') : ''
}

const MAX_FORM_BYTES = 64 * 1024
