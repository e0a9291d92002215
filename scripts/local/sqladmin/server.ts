// A local stand-in for sqladmin.googleapis.com: backups of the suite's own PostgreSQL, instances that are made from them, and exports.
// https://cloud.google.com/sql/docs/postgres/admin-api/rest
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createSecretPath, guarded } from '../stand-in.ts'
import { AdminError, invalid } from './error.ts'
import { type AdminService, type AdminServiceOptions, openAdminService } from './service.ts'

export interface LocalSqlAdmin {
  /** Its path is secret, because it allows deleting instances. */
  readonly url: string
  readonly service: AdminService
  /** Closes the server, after operations have ended and test instances are stopped. Safe to repeat. */
  close(): Promise<void>
}

const MAX_REQUEST_BYTES = 1024 * 1024

/** Starts the server on loopback. */
export async function startSqlAdmin(options: AdminServiceOptions): Promise<LocalSqlAdmin> {
  const secretPath = createSecretPath()
  const service = await openAdminService(options)
  const listener: RequestListener = (request, response) => {
    respond(service, options.project, request).then(
      (json) => answer(request, response, 200, json),
      (error: unknown) => {
        const { code, reason, status, message } =
          error instanceof AdminError ? error : new AdminError(500, 'internalError', 'INTERNAL', 'Internal error.')
        const errors = [{ message, domain: 'global', reason }]
        answer(request, response, code, { error: { code, message, status, errors } })
      },
    )
  }
  const server = createServer(guarded(secretPath, listener))
  const url = `http://127.0.0.1:${await listenOnLoopback(server, 0)}${secretPath}`
  return {
    url,
    service,
    async close() {
      await closeServer(server)
      await service.close()
    },
  }
}

type Answer = (service: AdminService, parts: readonly string[], request: IncomingMessage) => Promise<object> | object

/** The calls, by method and path below the project; `*` is a name. */
const ROUTES: Readonly<Record<string, Answer>> = {
  'GET instances': (service) => service.listInstances(),
  'POST instances': async (service, _, request) => service.insertInstance(await readJson(request)),
  'GET instances/*': (service, [name = '']) => service.getInstance(name),
  'DELETE instances/*': (service, [name = '']) => service.deleteInstance(name),
  'POST instances/*/restoreBackup': async (service, [name = ''], request) =>
    await service.restoreBackup(name, await readJson(request)),
  'POST instances/*/export': async (service, [name = ''], request) => service.export(name, await readJson(request)),
  'GET instances/*/backupRuns': async (service, [name = '']) => await service.listBackups(name),
  'POST instances/*/backupRuns': async (service, [name = ''], request) =>
    service.insertBackup(name, await readJson(request)),
  'GET operations': (service, _, request) =>
    service.listOperations(new URL(request.url ?? '/', 'http://localhost').searchParams.get('instance') ?? undefined),
  'GET operations/*': (service, [name = '']) => service.getOperation(name),
}

async function respond(service: AdminService, project: string, request: IncomingMessage): Promise<object> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const [, named, path = ''] = /^\/v1\/projects\/([^/]+)\/(.+)$/.exec(pathname) ?? []
  if (named === undefined) throw new AdminError(404, 'notFound', 'NOT_FOUND', 'Not Found')
  if (named !== project)
    throw new AdminError(
      403,
      'notAuthorized',
      'PERMISSION_DENIED',
      `The client is not authorized for project ${named}.`,
    )
  for (const [route, call] of Object.entries(ROUTES)) {
    const [method = '', pattern = ''] = route.split(' ')
    const found = new RegExp(`^${pattern.replaceAll('*', '([^/]+)')}$`).exec(path)
    if (found && method === request.method) return await call(service, found.slice(1).map(decodeURIComponent), request)
  }
  throw new AdminError(404, 'notFound', 'NOT_FOUND', 'Not Found')
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk)
  }
  if (size > MAX_REQUEST_BYTES) throw invalid(`The request has more than ${MAX_REQUEST_BYTES} bytes.`)
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}')
  } catch {
    throw invalid('Invalid JSON payload received.')
  }
}

function answer(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  request.resume()
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(JSON.stringify(body))
}
