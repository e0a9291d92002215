// Buckets and objects in Cloud Storage's form, and the settings that a request may change.
// https://cloud.google.com/storage/docs/json_api/v1/objects#resource
import { badRequest, StorageError } from './error.ts'

export interface StoredBucket {
  readonly name: string
  readonly metageneration: number
  readonly timeCreated: string
  /** Settings that were sent when it was created or changed: lifecycle, labels … */
  readonly settings: Readonly<Record<string, unknown>>
}

export interface StoredObject extends ObjectSettings {
  readonly bucket: string
  readonly name: string
  /** Increases with every write to any object, like the service's: microseconds. */
  readonly generation: string
  readonly metageneration: number
  readonly size: number
  readonly crc32c: string
  /** Absent for composed objects. */
  readonly md5Hash?: string
  readonly timeCreated: string
  readonly updated: string
}

/** Settings that a writer gives an object; each of them can be changed later. */
export interface ObjectSettings {
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly contentLanguage?: string
  readonly contentDisposition?: string
  readonly cacheControl?: string
  readonly customTime?: string
  readonly temporaryHold?: boolean
  readonly eventBasedHold?: boolean
  readonly metadata?: Readonly<Record<string, string>>
}

const TEXTS = ['contentType', 'contentEncoding', 'contentLanguage', 'contentDisposition', 'cacheControl', 'customTime']
const FLAGS = ['temporaryHold', 'eventBasedHold']

/** Returns the settings after a change: null removes a setting (in `metadata` a single name), and settings that are not sent remain. */
export function changeSettings(before: ObjectSettings, change: Readonly<Record<string, unknown>>): ObjectSettings {
  const after: Record<string, unknown> = {}
  for (const name of [...TEXTS, ...FLAGS]) {
    const value = name in change ? change[name] : before[name as keyof ObjectSettings]
    if (value === null || value === undefined) continue
    if (typeof value !== (FLAGS.includes(name) ? 'boolean' : 'string')) throw badRequest(`Invalid value for: ${name}`)
    after[name] = value
  }
  const metadata = changeMetadata(before.metadata ?? {}, change['metadata'])
  return Object.keys(metadata).length > 0 ? { ...after, metadata } : after
}

function changeMetadata(before: Readonly<Record<string, string>>, change: unknown): Record<string, string> {
  if (change === undefined) return before
  if (change === null) return {}
  const entries = Object.entries({ ...before, ...(change as object) }).filter(([, value]) => value !== null)
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

/** Returns only the settings of an object, for a copy. */
export const settingsOf = (object: StoredObject): ObjectSettings => changeSettings(object, {})

/** Returns only the fields of an object that cannot be changed. */
export function withoutSettings(object: StoredObject): Omit<StoredObject, keyof ObjectSettings> {
  const names = new Set([...TEXTS, ...FLAGS, 'metadata'])
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.has(name))) as unknown as StoredObject
}

/**
 * Checks an object's name. @throws {StorageError} 400 for a name that the service refuses.
 * https://cloud.google.com/storage/docs/objects#naming
 */
export function checkObjectName(name: string): void {
  const bytes = Buffer.byteLength(name)
  if (bytes === 0) throw new StorageError(400, 'required', 'Required')
  if (bytes > 1024) throw badRequest('The specified object name is not valid: it is over 1024 bytes.')
  const isReserved = name === '.' || name === '..' || name.startsWith('.well-known/acme-challenge/')
  if (isReserved || /[\r\n]/.test(name) || !name.isWellFormed()) throw badRequest(`Disallowed object name: ${name}`)
}

/**
 * Checks a bucket's name. @throws {StorageError} 400 for a name that the service refuses.
 * https://cloud.google.com/storage/docs/buckets#naming
 */
export function checkBucketName(name: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(name)) throw badRequest(`Invalid bucket name: '${name}'`)
}

export const bucketResource = (bucket: StoredBucket): object => ({
  kind: 'storage#bucket',
  location: 'EU',
  storageClass: 'STANDARD',
  ...bucket.settings,
  id: bucket.name,
  name: bucket.name,
  metageneration: String(bucket.metageneration),
  etag: etagOf(bucket.metageneration),
  timeCreated: bucket.timeCreated,
  updated: bucket.timeCreated,
})

export const objectResource = (object: StoredObject): object => ({
  kind: 'storage#object',
  id: `${object.bucket}/${object.name}/${object.generation}`,
  storageClass: 'STANDARD',
  ...object,
  metageneration: String(object.metageneration),
  size: String(object.size),
  etag: etagOf(`${object.generation}/${object.metageneration}`),
})

const etagOf = (of: string | number): string => Buffer.from(String(of)).toString('base64')
