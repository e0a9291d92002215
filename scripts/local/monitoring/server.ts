// A local stand-in for monitoring.googleapis.com over REST: timeSeries.create and timeSeries.list.
// https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { parseTimestamp } from '@penstock/shared/base/time.ts'
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createSecretPath, guarded } from '../stand-in.ts'
import { invalidArgument, MonitoringError } from './api-error.ts'
import { readSeries } from './series-schema.ts'
import { openSeriesStore, type SeriesStore, type Wanted } from './series-store.ts'

export interface LocalMonitoring {
  /** Its path is secret, because it allows writing. */
  readonly url: string
  readonly content: SeriesStore
  /** Closes the server. Safe to repeat. */
  close(): Promise<void>
}

export interface LocalMonitoringDeps {
  readonly clock: () => number
  readonly project: string
}

const MAX_REQUEST_BYTES = 10 * 1024 * 1024

/** Starts the server on loopback. Its series are in memory, and lost with it. */
export async function startMonitoring({ clock, project }: LocalMonitoringDeps): Promise<LocalMonitoring> {
  const secretPath = createSecretPath()
  const content = openSeriesStore(clock)
  const listener: RequestListener = (request, response) => {
    respond(content, project, request).then(
      (json) => answer(request, response, 200, json),
      (error: unknown) => {
        const { code, status, message, details } =
          error instanceof MonitoringError ? error : new MonitoringError(500, 'INTERNAL', 'Internal error encountered.')
        answer(request, response, code, {
          error: { code, message, status, ...(details.length > 0 ? { details } : {}) },
        })
      },
    )
  }
  const server = createServer(guarded(secretPath, listener))
  const url = `http://127.0.0.1:${await listenOnLoopback(server, 0)}${secretPath}`
  return { url, content, close: async () => await closeServer(server) }
}

async function respond(content: SeriesStore, project: string, request: IncomingMessage): Promise<object> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const [, named] = /^\/v3\/projects\/([^/]+)\/timeSeries$/.exec(url.pathname) ?? []
  if (named === undefined) throw new MonitoringError(404, 'NOT_FOUND', 'Not Found')
  if (named !== project) throw new MonitoringError(403, 'PERMISSION_DENIED', `Permission denied on project ${named}.`)
  if (request.method === 'GET') {
    const timeSeries = content.list(readWanted(url.searchParams))
    return timeSeries.length > 0 ? { timeSeries } : {}
  }
  if (request.method !== 'POST') throw new MonitoringError(404, 'NOT_FOUND', 'Not Found')
  content.write(readSeries(await readJson(request)))
  return {}
}

/** Reads the filter, whose comparisons are joined by AND, and the interval. */
function readWanted(query: URLSearchParams): Wanted {
  const filter = query.get('filter') ?? ''
  const metricLabels: Record<string, string> = {}
  const resourceLabels: Record<string, string> = {}
  let type: string | undefined
  for (const part of filter.split(/\s+AND\s+/)) {
    const [, name = '', value = ''] = /^\s*([a-z_.]+)\s*=\s*"([^"]*)"\s*$/.exec(part) ?? []
    if (name === 'metric.type') type = value
    else if (name.startsWith('metric.labels.')) metricLabels[name.slice('metric.labels.'.length)] = value
    else if (name.startsWith('resource.labels.')) resourceLabels[name.slice('resource.labels.'.length)] = value
    else if (name !== 'resource.type') throw invalidArgument(`Field filter had an invalid value of "${filter}".`)
  }
  if (type === undefined) throw invalidArgument('Field filter must restrict metric.type to one type.')
  const to = parseTimestamp(query.get('interval.endTime') ?? '')
  if (to === undefined) throw invalidArgument('Field interval.end_time had an invalid value.')
  const from = query.has('interval.startTime') ? parseTimestamp(query.get('interval.startTime') ?? '') : to - 1
  if (from === undefined || from > to) throw invalidArgument('Field interval.start_time had an invalid value.')
  return { type, metricLabels, resourceLabels, from, to }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // A body over the limit is still read to its end; otherwise the client would not see the answer.
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk)
  }
  if (size > MAX_REQUEST_BYTES)
    throw invalidArgument(`Request payload size exceeds the limit: ${MAX_REQUEST_BYTES} bytes.`)
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}')
  } catch {
    throw invalidArgument('Invalid JSON payload received.')
  }
}

function answer(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  request.resume()
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(JSON.stringify(body))
}
