// The three methods to write an object: in one body, with its description in front, or resumably in pieces.
// https://cloud.google.com/storage/docs/uploads-downloads
import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, statSync, truncateSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { readJsonBody, readMultipart } from './body.ts'
import { type Checksums, checksumsOf } from './checksum.ts'
import { checkConditions, refuseHeld } from './conditions.ts'
import { badRequest, notFound, StorageError } from './error.ts'
import type { StorageFolder } from './folder.ts'
import type { StorageReply } from './reply.ts'
import { changeSettings, checkObjectName, objectResource, type StoredObject } from './resource.ts'

export interface UploadDeps {
  readonly folder: StorageFolder
  readonly clock: () => number
  /** The path below which the server answers: empty, or without a slash at its end. */
  readonly secretPath: string
}

/** The object that an upload writes. */
interface Target {
  readonly bucket: string
  readonly name: string
  readonly description: Readonly<Record<string, unknown>>
  /** Its preconditions. */
  readonly query: URLSearchParams
}

export interface Session extends Target {
  readonly draft: string
  /** The length that was announced at the beginning; undefined when it was not. */
  readonly length: number | undefined
  written?: StoredObject
}

/** All pieces but the last one are multiples of this; of a broken piece the received bytes are retained in these steps. */
const PIECE_BYTES = 256 * 1024

/** Writes a whole object in one request, with `uploadType` media or multipart. */
export async function uploadWhole(
  deps: UploadDeps,
  request: IncomingMessage,
  { bucket, query }: { readonly bucket: string; readonly query: URLSearchParams },
): Promise<StorageReply> {
  const isMedia = query.get('uploadType') === 'media'
  const { description, bytes } = isMedia
    ? { description: { contentType: request.headers['content-type'] }, bytes: await buffer(request) }
    : await readMultipart(request)
  const draft = deps.folder.draft()
  writeFileSync(draft, bytes)
  const target = { bucket, name: nameOf(query, description), description, query }
  const object = await commit(deps, target, draft, hashesOf(request))
  return { status: 200, json: objectResource(object) }
}

/** Begins a resumable upload, which is lost when the process ends. */
export async function beginUpload(
  deps: UploadDeps,
  sessions: Map<string, Session>,
  request: IncomingMessage,
  { bucket, query }: { readonly bucket: string; readonly query: URLSearchParams },
): Promise<StorageReply> {
  const { headers } = request
  const description = { contentType: headers['x-upload-content-type'], ...(await readJsonBody(request)) }
  const name = nameOf(query, description)
  check(deps, { bucket, name, query })
  const length = headers['x-upload-content-length']
  const id = randomUUID()
  const draft = deps.folder.draft()
  writeFileSync(draft, '')
  sessions.set(id, {
    bucket,
    name,
    description,
    query,
    draft,
    length: length === undefined ? undefined : Number(length),
  })
  const location = new URL(`${deps.secretPath}/upload/storage/v1/b/${bucket}/o`, `http://${headers.host}`)
  location.search = String(new URLSearchParams({ uploadType: 'resumable', name, upload_id: id }))
  return { status: 200, headers: { location: location.href, 'x-guploader-uploadid': id } }
}

/** Accepts a piece of a resumable upload, or returns how much has arrived: 308 until it is complete. */
export async function continueUpload(
  deps: UploadDeps,
  sessions: Map<string, Session>,
  request: IncomingMessage,
  id: string,
): Promise<StorageReply> {
  const session = sessions.get(id)
  if (!session) throw notFound('No such upload.')
  if (session.written) return { status: 200, json: objectResource(session.written) }
  const piece = parseContentRange(request.headers['content-range'])
  if (piece.start !== undefined && piece.start === statSync(session.draft).size) await append(session, request, piece)
  else request.resume()

  const size = statSync(session.draft).size
  const total = piece.total ?? (piece.isOpen ? size : undefined)
  if (total === undefined || size < total) return incomplete(size)
  if (size !== (session.length ?? total) || size > total) throw badRequest('The upload is not as long as announced.')
  session.written = await commit(deps, session, session.draft, hashesOf(request))
  return { status: 200, json: objectResource(session.written) }
}

/** Cancels a resumable upload. */
export function cancelUpload({ folder }: UploadDeps, sessions: Map<string, Session>, id: string): StorageReply {
  const session = sessions.get(id)
  if (!session) throw notFound('No such upload.')
  folder.dropDraft(session.draft)
  sessions.delete(id)
  return { status: 499 }
}

/** Checks again when all bytes are there, because the objects may have changed in the meantime. */
export async function commit(
  deps: UploadDeps,
  target: Target,
  draft: string,
  expected: Readonly<Record<string, unknown>> = {},
): Promise<StoredObject> {
  try {
    const checksums = await checksumsOf(createReadStream(draft) as AsyncIterable<Buffer>)
    compareHashes(checksums, target.description)
    compareHashes(checksums, expected)
    check(deps, target)
    const time = new Date(deps.clock()).toISOString()
    const { bucket, name, description } = target
    const settings = changeSettings({ contentType: 'application/octet-stream' }, definedOf(description))
    const versions = { generation: deps.folder.nextGeneration(), metageneration: 1, timeCreated: time, updated: time }
    const object: StoredObject = { ...settings, bucket, name, ...versions, ...checksums }
    deps.folder.putObject(object, draft)
    return object
  } finally {
    deps.folder.dropDraft(draft)
  }
}

function check({ folder }: UploadDeps, { bucket, name, query }: Pick<Target, 'bucket' | 'name' | 'query'>): void {
  checkObjectName(name)
  if (!folder.buckets.has(bucket)) throw notFound('The specified bucket does not exist.')
  const present = folder.objects(bucket).get(name)
  checkConditions(query, present)
  refuseHeld(present)
}

function compareHashes(actual: Checksums, expected: Readonly<Record<string, unknown>>): void {
  for (const hash of ['crc32c', 'md5Hash'] as const) {
    const said = expected[hash]
    if (said === undefined || said === actual[hash]) continue
    const detail = `Provided ${hash} ${JSON.stringify(said)} doesn't match calculated ${hash} "${actual[hash]}".`
    throw new StorageError(400, 'invalid', detail)
  }
}

function hashesOf({ headers }: IncomingMessage): Record<string, string> {
  const pairs = String(headers['x-goog-hash'] ?? '')
    .split(',')
    .map((pair) => pair.trim())
  const valueOf = (name: string) => pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
  return definedOf({ crc32c: valueOf('crc32c'), md5Hash: valueOf('md5') }) as Record<string, string>
}

const definedOf = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))

const nameOf = (query: URLSearchParams, description: Readonly<Record<string, unknown>>): string =>
  query.get('name') ?? (typeof description['name'] === 'string' ? description['name'] : '')

interface Piece {
  /** Undefined when the request only asks for the progress. */
  readonly start: number | undefined
  /** Size of the object; undefined while it is unknown. */
  readonly total: number | undefined
  /** True when the piece, and the object with it, ends where the request ends. */
  readonly isOpen: boolean
}

function parseContentRange(header = 'bytes 0-*/*'): Piece {
  const [, first, last, total] = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(header) ?? []
  if (total === undefined) throw badRequest(`Failed to parse Content-Range header: ${header}`)
  const isOpen = last === '*' && total === '*'
  return {
    start: first === undefined ? undefined : Number(first),
    total: total === '*' ? undefined : Number(total),
    isOpen,
  }
}

/** After a broken connection the received bytes are cut to whole steps, as the service does. */
async function append(session: Session, request: IncomingMessage, { start = 0, total, isOpen }: Piece): Promise<void> {
  try {
    await pipeline(request, createWriteStream(session.draft, { flags: 'a' }))
  } catch (error) {
    const { size } = statSync(session.draft)
    truncateSync(session.draft, size - (size % PIECE_BYTES))
    throw error
  }
  const added = statSync(session.draft).size - start
  if (isOpen || (total !== undefined && start + added >= total) || added % PIECE_BYTES === 0) return
  truncateSync(session.draft, start)
  throw badRequest(
    'Invalid request. The number of bytes uploaded is required to be equal or greater than 262144, except for the final request.',
  )
}

const incomplete = (size: number): StorageReply => ({
  status: 308,
  headers: size === 0 ? {} : { range: `bytes=0-${size - 1}` },
})
