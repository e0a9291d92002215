// A local stand-in for storage.googleapis.com: the JSON API of Cloud Storage over a folder, for the real client by `apiEndpoint`.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { sayError } from '../../cli/output.ts'
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createSecretPath, guarded } from '../stand-in.ts'
import { askBucket, askBuckets, ensureBucket } from './buckets.ts'
import { badRequest, notFound, StorageError } from './error.ts'
import { callOf, corrupted, failedBefore, type OnCall, sendDamaged } from './faults.ts'
import { openStorageFolder, type StorageFolder } from './folder.ts'
import {
  composeObject,
  copyObject,
  deleteObject,
  getObject,
  listObjects,
  patchObject,
  restoreObject,
} from './objects.ts'
import type { StorageReply } from './reply.ts'
import { beginUpload, cancelUpload, continueUpload, type Session, type UploadDeps, uploadWhole } from './uploads.ts'

export interface StorageDeps {
  /** The folder belongs to this server alone; its content survives a restart. */
  readonly folder: string
  readonly clock: () => number
  /** Missing buckets are created. */
  readonly buckets: readonly string[]
  /** Faults, for tests. When absent, every call succeeds. */
  readonly onCall?: OnCall
}

export interface Storage {
  readonly url: string
  /** The stored objects, for tests that read or change them without the API. */
  readonly content: StorageFolder
  /** Closes the server. Safe to repeat. */
  close(): Promise<void>
}

type Deps = UploadDeps & { readonly sessions: Map<string, Session>; readonly onCall: OnCall }

/**
 * Starts the server on loopback. It implements the service's generations, preconditions, checksums and holds. A caller that knows the
 * secret path of its URL needs no credentials. A deleted or replaced object can be restored for seven days.
 */
export async function startStorage({ folder, clock, buckets, onCall }: StorageDeps): Promise<Storage> {
  const secretPath = createSecretPath()
  const content = openStorageFolder(folder, clock)
  const deps: Deps = { folder: content, clock, secretPath, sessions: new Map(), onCall: onCall ?? (() => undefined) }
  for (const name of buckets) ensureBucket(deps, name)
  const server = createStorage(deps)
  const url = `http://127.0.0.1:${await listenOnLoopback(server, 0)}${secretPath}`
  return { url, content, close: () => closeServer(server) }
}

function createStorage(deps: Deps): Server {
  const listener: RequestListener = (request, response) => {
    respond(deps, request, response).catch(() => response.destroy())
  }
  return createServer(guarded(deps.secretPath, listener))
}

async function respond(deps: Deps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const call = callOf(request.method ?? '', url)
  const fault = deps.onCall(call, 'before')
  let reply: StorageReply
  try {
    if (failedBefore(fault, request)) return
    reply = await route(deps, fault === 'corrupt' && call === 'upload' ? corrupted(request) : request, url)
  } catch (error) {
    if (response.destroyed || request.errored) throw error
    reply = failure(error, url)
  }
  // The rest of a refused upload is read; otherwise the client would not see the answer.
  request.resume()
  deps.onCall(call, 'after')
  const { status, headers = {}, json, stream } = reply
  if (fault === 'lost') return void response.destroy()
  if (fault !== undefined && stream && status < 300) return await sendDamaged(response, { ...reply, stream }, fault)
  const type = json === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' }
  response.writeHead(status, { ...type, ...headers })
  if (stream) await pipeline(stream, response)
  else response.end(json === undefined ? undefined : JSON.stringify(json))
}

function failure(error: unknown, url: URL): StorageReply {
  const { status, reason, message } =
    error instanceof StorageError ? error : new StorageError(500, 'backendError', 'Internal error encountered.')
  if (!(error instanceof StorageError)) sayError(error)
  const body = { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } }
  // A failed download is answered in plain text.
  if (url.searchParams.get('alt') !== 'media') return { status, json: body }
  return {
    status,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    stream: new Blob([message]).stream() as never,
  }
}

async function route(deps: Deps, request: IncomingMessage, url: URL): Promise<StorageReply> {
  const parts = url.pathname.split('/').slice(1).map(decode)
  const isUpload = parts[0] === 'upload'
  if (isUpload) parts.shift()
  const [service, version, b, bucket, o, ...rest] = parts
  if (service !== 'storage' || version !== 'v1' || b !== 'b') throw notFound('Not Found')
  const query = url.searchParams
  if (isUpload) return await upload(deps, request, { bucket: bucket ?? '', query })
  if (bucket === undefined) return await askBuckets(deps, request, query)
  if (o === undefined) return await askBucket(deps, request, { name: bucket, query })
  if (o !== 'o') throw notFound('Not Found')
  if (rest.length === 0 && request.method === 'GET') return listObjects(deps, bucket, query)
  return await oneObject(deps, request, { bucket, query, rest })
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw badRequest('The path is not valid.')
  }
}

async function upload(
  deps: Deps,
  request: IncomingMessage,
  call: { readonly bucket: string; readonly query: URLSearchParams },
): Promise<StorageReply> {
  const id = call.query.get('upload_id')
  const type = call.query.get('uploadType')
  if (id !== null && request.method === 'PUT') return await continueUpload(deps, deps.sessions, request, id)
  if (id !== null && request.method === 'DELETE') return cancelUpload(deps, deps.sessions, id)
  if (request.method !== 'POST') throw notFound('Not Found')
  if (type === 'resumable') return await beginUpload(deps, deps.sessions, request, call)
  if (type === 'media' || type === 'multipart') return await uploadWhole(deps, request, call)
  throw badRequest(`Invalid upload type: ${type}`)
}

async function oneObject(
  deps: Deps,
  request: IncomingMessage,
  {
    bucket,
    query,
    rest,
  }: { readonly bucket: string; readonly query: URLSearchParams; readonly rest: readonly string[] },
): Promise<StorageReply> {
  const [name = '', action, toB, toBucket = '', toO, toName = ''] = rest
  const call = { bucket, name, query }
  switch (`${request.method} ${action ?? ''}`) {
    case 'GET ':
      return getObject(deps, request, call)
    case 'PATCH ':
      return await patchObject(deps, request, call)
    case 'DELETE ':
      return deleteObject(deps, call)
    case 'POST restore':
      return restoreObject(deps, call)
    case 'POST compose':
      return await composeObject(deps, request, call)
    case 'POST rewriteTo':
    case 'POST copyTo':
      if (toB !== 'b' || toO !== 'o') throw notFound('Not Found')
      return await copyObject(deps, request, call, { bucket: toBucket, name: toName })
    default:
      throw notFound('Not Found')
  }
}
