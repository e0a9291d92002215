// Buckets: create, describe, change, delete. https://cloud.google.com/storage/docs/json_api/v1/buckets
import type { IncomingMessage } from 'node:http'
import { readJsonBody } from './body.ts'
import { checkConditions, requireBucket } from './conditions.ts'
import { notFound, StorageError } from './error.ts'
import type { StorageReply } from './reply.ts'
import { bucketResource, checkBucketName, type StoredBucket } from './resource.ts'
import type { UploadDeps } from './uploads.ts'

/** Makes the bucket unless it exists. */
export function ensureBucket(
  { folder, clock }: UploadDeps,
  name: string,
  settings: StoredBucket['settings'] = {},
): StoredBucket {
  checkBucketName(name)
  const bucket = folder.buckets.get(name) ?? {
    name,
    metageneration: 1,
    timeCreated: new Date(clock()).toISOString(),
    settings,
  }
  if (!folder.buckets.has(name)) folder.putBucket(bucket)
  return bucket
}

/** Lists the buckets, or makes one. */
export async function askBuckets(
  deps: UploadDeps,
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<StorageReply> {
  const { folder } = deps
  if (request.method === 'GET') {
    const prefix = query.get('prefix') ?? ''
    const items = [...folder.buckets.values()].filter(({ name }) => name.startsWith(prefix)).map(bucketResource)
    return { status: 200, json: { kind: 'storage#buckets', items } }
  }
  if (request.method !== 'POST') throw notFound('Not Found')
  if (!query.has('project')) throw new StorageError(400, 'required', 'Required parameter: project')
  const { name, ...settings } = await readJsonBody(request)
  if (folder.buckets.has(String(name)))
    throw new StorageError(
      409,
      'conflict',
      'Your previous request to create the named bucket succeeded and you already own it.',
    )
  return { status: 200, json: bucketResource(ensureBucket(deps, String(name), settings)) }
}

/** Describes, changes or deletes a bucket. */
export async function askBucket(
  { folder }: UploadDeps,
  request: IncomingMessage,
  { name, query }: { readonly name: string; readonly query: URLSearchParams },
): Promise<StorageReply> {
  const change = request.method === 'PATCH' ? await readJsonBody(request) : {}
  const bucket = requireBucket(folder.buckets.get(name))
  checkConditions(query, bucket)
  if (request.method === 'GET') return { status: 200, json: bucketResource(bucket) }
  if (request.method === 'PATCH') {
    const settings = Object.fromEntries(
      Object.entries({ ...bucket.settings, ...change }).filter(([, value]) => value !== null),
    )
    const changed = { ...bucket, settings, metageneration: bucket.metageneration + 1 }
    folder.putBucket(changed)
    return { status: 200, json: bucketResource(changed) }
  }
  if (request.method !== 'DELETE') throw notFound('Not Found')
  if (folder.objects(name).size > 0)
    throw new StorageError(409, 'conflict', 'The bucket you tried to delete is not empty.')
  folder.removeBucket(name)
  return { status: 204 }
}
