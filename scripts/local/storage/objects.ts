// Operations on existing objects: describe, change, read, copy, compose, list, delete.
// https://cloud.google.com/storage/docs/json_api/v1/objects
import { writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import { readJsonBody } from './body.ts'
import { checkConditions, refuseHeld, requireBucket, requireObject } from './conditions.ts'
import { badRequest, notFound, StorageError } from './error.ts'
import type { StorageReply } from './reply.ts'
import { changeSettings, objectResource, type StoredObject, settingsOf, withoutSettings } from './resource.ts'
import { commit, type UploadDeps } from './uploads.ts'

export interface ObjectCall {
  readonly bucket: string
  readonly name: string
  readonly query: URLSearchParams
}

/** Returns the object's description, or its bytes with `alt=media`. */
export function getObject(deps: UploadDeps, request: IncomingMessage, call: ObjectCall): StorageReply {
  const object = find(deps, call)
  if (call.query.get('alt') !== 'media') return { status: 200, json: objectResource(object) }
  const isGzip = object.contentEncoding === 'gzip'
  const inflates = isGzip && !/\bgzip\b/.test(String(request.headers['accept-encoding']))
  const headers = {
    'content-type': object.contentType ?? 'application/octet-stream',
    'x-goog-generation': object.generation,
    'x-goog-metageneration': String(object.metageneration),
    'x-goog-hash': [`crc32c=${object.crc32c}`, ...(object.md5Hash ? [`md5=${object.md5Hash}`] : [])].join(','),
    'x-goog-stored-content-encoding': object.contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(object.size),
    'x-goog-storage-class': 'STANDARD',
    'accept-ranges': 'bytes',
    ...(isGzip && !inflates ? { 'content-encoding': 'gzip' } : {}),
  }
  // A range cannot be requested of bytes that are decompressed during the download.
  if (inflates) return { status: 200, headers, stream: deps.folder.read(object).pipe(createGunzip()) }
  const range = parseRange(request.headers.range, object.size)
  if (!range)
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(object.size) },
      stream: deps.folder.read(object),
    }
  const { start, end } = range
  const partial = { 'content-range': `bytes ${start}-${end}/${object.size}`, 'content-length': String(end - start + 1) }
  return { status: 206, headers: { ...headers, ...partial }, stream: deps.folder.read(object, range) }
}

/** Changes the settings that are sent, holds included. */
export async function patchObject(deps: UploadDeps, request: IncomingMessage, call: ObjectCall): Promise<StorageReply> {
  const change = await readJsonBody(request)
  const object = find(deps, call)
  const changed: StoredObject = {
    ...withoutSettings(object),
    ...changeSettings(object, change),
    metageneration: object.metageneration + 1,
    updated: new Date(deps.clock()).toISOString(),
  }
  deps.folder.putObject(changed)
  return { status: 200, json: objectResource(changed) }
}

/** Deletes the object, which can be restored for seven days. */
export function deleteObject(deps: UploadDeps, call: ObjectCall): StorageReply {
  const object = find(deps, call)
  refuseHeld(object)
  deps.folder.removeObject(object)
  return { status: 204 }
}

/**
 * Restores a soft-deleted object as a new generation; an existing object of its name is soft deleted.
 * https://cloud.google.com/storage/docs/json_api/v1/objects/restore
 */
export function restoreObject(deps: UploadDeps, { bucket, name, query }: ObjectCall): StorageReply {
  requireBucket(deps.folder.buckets.get(bucket))
  const generation = query.get('generation') ?? ''
  if (!/^\d{1,19}$/.test(generation)) throw badRequest('Required parameter: generation')
  const current = deps.folder.objects(bucket).get(name)
  checkConditions(query, current)
  const found = deps.folder.softDeleted(generation)
  if (found?.bucket !== bucket || found.name !== name) throw notFound(`No such object: ${bucket}/${name}`)
  refuseHeld(current)
  const now = new Date(deps.clock()).toISOString()
  const restored: StoredObject = {
    ...found,
    generation: deps.folder.nextGeneration(),
    metageneration: 1,
    timeCreated: now,
    updated: now,
  }
  deps.folder.restoreObject(found, restored)
  return { status: 200, json: objectResource(restored) }
}

/** Copies an object, with its settings unless others are sent; holds are not copied. */
export async function copyObject(
  deps: UploadDeps,
  request: IncomingMessage,
  call: ObjectCall,
  to: { readonly bucket: string; readonly name: string },
): Promise<StorageReply> {
  const sent = await readJsonBody(request)
  const source = deps.folder.objects(call.bucket).get(call.name)
  checkConditions(call.query, source, 'ifSource')
  const sourceQuery = new URLSearchParams(
    call.query.has('sourceGeneration') ? { generation: call.query.get('sourceGeneration') ?? '' } : {},
  )
  const found = requireObject(sourceQuery, source, `${call.bucket}/${call.name}`)
  const bytes = await buffer(deps.folder.read(found))
  const { temporaryHold: _, eventBasedHold: __, ...kept } = settingsOf(found)
  const description = Object.keys(sent).length > 0 ? sent : kept
  const copy = await writeBytes(deps, { ...to, description: { ...description }, query: call.query }, bytes)
  const size = String(copy.size)
  return {
    status: 200,
    json: {
      kind: 'storage#rewriteResponse',
      done: true,
      totalBytesRewritten: size,
      objectSize: size,
      resource: objectResource(copy),
    },
  }
}

/** Joins up to 32 objects into one. */
export async function composeObject(
  deps: UploadDeps,
  request: IncomingMessage,
  call: ObjectCall,
): Promise<StorageReply> {
  const { sourceObjects, destination } = await readJsonBody(request)
  if (!Array.isArray(sourceObjects) || sourceObjects.length < 1 || sourceObjects.length > 32)
    throw badRequest('The number of source components provided is not between 1 and 32.')
  const parts: Buffer[] = []
  for (const { name, generation } of sourceObjects as { name: string; generation?: string }[]) {
    const query = new URLSearchParams(generation === undefined ? {} : { generation })
    const object = requireObject(query, deps.folder.objects(call.bucket).get(name), `${call.bucket}/${name}`)
    parts.push(await buffer(deps.folder.read(object)))
  }
  const description = { ...(destination as object | undefined) }
  const { md5Hash: _, ...composed } = await writeBytes(deps, { ...call, description }, Buffer.concat(parts))
  deps.folder.putObject(composed)
  return { status: 200, json: objectResource(composed) }
}

function find({ folder }: UploadDeps, { bucket, name, query }: ObjectCall): StoredObject {
  requireBucket(folder.buckets.get(bucket))
  return requireObject(query, folder.objects(bucket).get(name), `${bucket}/${name}`)
}

async function writeBytes(
  deps: UploadDeps,
  target: ObjectCall & { readonly description: Readonly<Record<string, unknown>> },
  bytes: Buffer,
): Promise<StoredObject> {
  const draft = deps.folder.draft()
  writeFileSync(draft, bytes)
  return await commit(deps, target, draft)
}

/** Returns undefined for the whole object. @throws {StorageError} 416 for a range outside it. */
function parseRange(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start > end)
    throw new StorageError(416, 'requestedRangeNotSatisfiable', 'The requested range cannot be satisfied.')
  return { start, end }
}

/** Returns a page of the bucket's objects, in the byte order of their names. */
export function listObjects({ folder }: UploadDeps, bucket: string, query: URLSearchParams): StorageReply {
  if (!folder.buckets.has(bucket)) throw notFound('The specified bucket does not exist.')
  for (const unknown of ['versions', 'softDeleted', 'matchGlob', 'filter'])
    if (query.has(unknown))
      throw new StorageError(501, 'notImplemented', `The local Cloud Storage does not know ${unknown}.`)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const maximum = Math.min(Number(query.get('maxResults') ?? 1_000), 1_000)
  const after = Buffer.from(query.get('pageToken') ?? '', 'base64url').toString()
  const items: object[] = []
  const prefixes = new Set<string>()
  let last = ''
  for (const object of inOrder(folder.objects(bucket).values(), query)) {
    const cut = delimiter === '' ? -1 : object.name.indexOf(delimiter, prefix.length)
    const shown = cut < 0 ? object.name : object.name.slice(0, cut + delimiter.length)
    if (!object.name.startsWith(prefix) || compareNames(shown, after) <= 0 || prefixes.has(shown)) continue
    if (items.length + prefixes.size === maximum) return page(items, prefixes, Buffer.from(last).toString('base64url'))
    last = shown
    if (cut < 0) items.push(objectResource(object))
    else prefixes.add(shown)
  }
  return page(items, prefixes)
}

const page = (items: readonly object[], prefixes: ReadonlySet<string>, nextPageToken?: string): StorageReply => ({
  status: 200,
  json: { kind: 'storage#objects', nextPageToken, prefixes: prefixes.size > 0 ? [...prefixes] : undefined, items },
})

function inOrder(objects: Iterable<StoredObject>, query: URLSearchParams): readonly StoredObject[] {
  const from = query.get('startOffset') ?? ''
  const to = query.get('endOffset')
  return [...objects]
    .filter(({ name }) => compareNames(name, from) >= 0 && (to === null || compareNames(name, to) < 0))
    .toSorted((a, b) => compareNames(a.name, b.name))
}

const compareNames = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
