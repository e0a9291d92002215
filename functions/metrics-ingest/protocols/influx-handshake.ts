// What clients of InfluxDB 1 ask before they write: whether there is a server, of which version, and that it makes their database.
// https://docs.influxdata.com/influxdb/v1/tools/api/
import type { Reply } from '@penstock/shared/http/service.ts'
import { influxError } from './influx-reply.ts'

/** The version whose interface is spoken: clients read it from a header, and some refuse to go on without one. */
const VERSION = '1.8.10'
const VERSION_HEADERS = { 'x-influxdb-version': VERSION, 'x-influxdb-build': 'OSS' }

/** There is a server. With `verbose` it says its version in the body too. */
export function pingReply(verbose: string | undefined): Reply {
  if (verbose === undefined || verbose === '0' || verbose === 'false') return { status: 204, headers: VERSION_HEADERS }
  return { json: { version: VERSION }, headers: VERSION_HEADERS }
}

const CREATES = /^(?:create|alter)\s+(?:database|retention\s+policy)\s/i
const LISTS = /^show\s+databases$/i

/**
 * Databases and retention policies need not be made: whatever name a write gives may be new. So what makes one is done already,
 * there are none to list, and any other statement is refused with where to ask instead.
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

/** The statement of a request: in its query string, or in the form that it sends. */
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
