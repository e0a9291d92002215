// Cloud Storage with a bad day: one bucket in memory, as strict as the real one in what the archive asks of it, and faults on demand.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { crc32c, crc32cText } from '@penstock/shared/base/crc32c.ts'
import { startServer } from '../http/http.ts'

/** What a request is for: the beginning and the body of an upload, its metadata, its bytes, its removal, its hold. */
export type StorageCall = 'begin' | 'upload' | 'stat' | 'read' | 'delete' | 'patch'

/**
 * A status; `hang`: no answer ever; `reset`: the connection is cut; `truncate`: a part of the bytes, then the end; `corrupt`: a byte is another one;
 * `lost`: done, and the connection is cut before the answer.
 */
export type StorageFault = number | 'hang' | 'reset' | 'truncate' | 'corrupt' | 'lost'

export interface FakeStorage {
  readonly url: string
  readonly objects: Map<string, FakeObject>
  /** Every call so far. */
  readonly calls: StorageCall[]
  /** Called before and after each call is done, before it is answered; what it throws cuts the connection. */
  onCall: (call: StorageCall, when: 'before' | 'after') => void
  /** The next calls of a kind meet these faults, one each. */
  fail(call: StorageCall, ...faults: StorageFault[]): void
  /** Takes back the faults that no call met. */
  clear(): void
  stop(): Promise<void>
}

export interface FakeObject {
  bytes: Buffer
  generation: number
  held: boolean
}

export async function startFakeStorage(): Promise<FakeStorage> {
  const objects = new Map<string, FakeObject>()
  const uploads = new Map<string, string>()
  const calls: StorageCall[] = []
  const faults = new Map<StorageCall, StorageFault[]>()
  let generation = 1_700_000_000_000_000
  const server = await startServer(
    createServer((request, response) => {
      answer(request, response).catch(() => response.destroy())
    }),
  )

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://storage')
    const call = callOf(request.method ?? '', url)
    calls.push(call)
    const fault = faults.get(call)?.shift()
    if (fault === 'hang') return
    if (fault === 'reset') return void request.socket.destroy()
    if (typeof fault === 'number') return reply(response, fault, { error: { code: fault, message: `fault ${fault}` } })
    const body = await buffer(request)
    if (fault === 'corrupt' && call === 'upload') body.writeUInt8(body.readUInt8(0) ^ 1, 0)
    storage.onCall(call, 'before')
    const done = act(call, url, body, request)
    storage.onCall(call, 'after')
    if (fault === 'lost') return void request.socket.destroy()
    if (call !== 'read' || done.status >= 300) return reply(response, done.status, done.json, done.headers)
    const bytes = Buffer.from(done.bytes ?? Buffer.alloc(0))
    if (fault === 'corrupt') bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
    response.writeHead(done.status, { 'content-length': bytes.length, 'content-type': 'application/octet-stream' })
    if (fault !== 'truncate') return void response.end(bytes)
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy())
  }

  function act(call: StorageCall, url: URL, body: Buffer, request: IncomingMessage): Done {
    if (call === 'begin') {
      const name = url.searchParams.get('name') ?? ''
      if (url.searchParams.get('ifGenerationMatch') === '0' && objects.has(name)) return failure(412)
      const id = String(uploads.size + 1)
      uploads.set(id, name)
      return {
        status: 200,
        json: {},
        headers: { location: `http://${request.headers.host}/upload/storage/v1/session?upload_id=${id}` },
      }
    }
    if (call === 'upload') {
      const name = uploads.get(url.searchParams.get('upload_id') ?? '') ?? ''
      if (objects.has(name)) return failure(412)
      objects.set(name, { bytes: body, generation: ++generation, held: false })
      return metadata(name)
    }
    const name = decodeURIComponent(/\/o\/([^/]+)$/.exec(url.pathname)?.[1] ?? '')
    const object = objects.get(name)
    const wanted = url.searchParams.get('generation') ?? url.searchParams.get('ifGenerationMatch')
    if (!object || (wanted !== null && url.searchParams.has('generation') && wanted !== String(object.generation)))
      return failure(404)
    if (wanted !== null && wanted !== String(object.generation)) return failure(412)
    if (call === 'stat') return metadata(name)
    if (call === 'patch') object.held = (JSON.parse(body.toString()) as { temporaryHold: boolean }).temporaryHold
    if (call === 'patch') return metadata(name)
    if (call === 'delete' && object.held) return failure(403)
    if (call === 'delete') return { status: objects.delete(name) ? 204 : 404, json: {} }
    const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
    return { status: 206, json: {}, bytes: object.bytes.subarray(Number(from), Number(to) + 1) }
  }

  function metadata(name: string): Done {
    const { bytes, generation: of, held } = objects.get(name) as FakeObject
    const crc = crc32cText(crc32c(bytes))
    return {
      status: 200,
      json: { name, generation: String(of), size: String(bytes.length), crc32c: crc, temporaryHold: held },
    }
  }

  const storage: FakeStorage = {
    url: server.url,
    objects,
    calls,
    onCall: () => {},
    fail: (call, ...more) => void faults.set(call, [...(faults.get(call) ?? []), ...more]),
    clear: () => faults.clear(),
    stop: server.stop,
  }
  return storage
}

interface Done {
  readonly status: number
  readonly json: object
  readonly headers?: Record<string, string>
  readonly bytes?: Buffer
}

const failure = (status: number): Done => ({ status, json: { error: { code: status, message: `status ${status}` } } })

function reply(response: ServerResponse, status: number, json: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(status === 204 ? '' : JSON.stringify(json))
}

function callOf(method: string, url: URL): StorageCall {
  if (url.pathname.startsWith('/upload/')) return method === 'POST' ? 'begin' : 'upload'
  if (method === 'GET') return url.searchParams.get('alt') === 'media' ? 'read' : 'stat'
  return method === 'DELETE' ? 'delete' : 'patch'
}
