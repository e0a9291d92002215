// Cloud Storage as the archive needs it: objects that are written once, read in ranges, and held or removed by generation.
//
// Google's client retries nothing here, so every attempt, pause and wait is bounded by this file. The client is loaded with the first
// call: an instance that never touches storage does not pay for it at its start.
import type { Bucket, File, FileMetadata, GetFilesOptions, GetFilesResponse } from '@google-cloud/storage'
import { type PauseAfter, retry } from '../base/retry.ts'
import { answerWithin } from '../base/timeout.ts'
import { collect, copyTo, restoreFile, uploadTo } from './archive-transfer.ts'
import { ObjectDiffers, StorageTrouble } from './storage-errors.ts'
import type { ListedObject, ObjectVersion, StoredObject } from './stored-object.ts'

/**
 * Each call is safe to repeat, waits for a bounded time, and is retried after 408, 429, 5xx, a lost connection, and an answer that hangs,
 * is cut off, or differs from what was sent. @throws {StorageTrouble} when the retries did not help.
 */
export interface ArchiveStore {
  /**
   * Writes an object unless there is one of this name; one with the same bytes counts as written. `body` is called for each attempt.
   * @throws {ObjectDiffers} when an object of this name has other bytes.
   */
  put(name: string, body: () => AsyncIterable<Uint8Array>): Promise<StoredObject>
  /** Returns the object's current state; undefined when there is none. */
  stat(name: string): Promise<StoredObject | undefined>
  /** Returns all bytes from `start` to `end` (exclusive), or throws. @throws {StorageTrouble} `missing` when the object is gone. */
  readRange(object: ObjectVersion, start: number, end: number): Promise<Uint8Array>
  /**
   * Copies an object within the bucket, in one step for readers of the bucket, onto a name that still has the generation `over`, or no object
   * when `over` is `0`. An existing copy counts as made.
   * @throws {ObjectDiffers} when another object has that name. {StorageTrouble} `missing` when the source is gone, `held` when a hold protects
   * the object that it would replace.
   */
  copy(source: StoredObject, to: { readonly name: string; readonly over: string }): Promise<StoredObject>
  /**
   * Brings a removed or replaced object back from soft delete, onto a name that still has the generation `over`, or no object when `over` is `0`.
   * It has a new generation then. An object with the same bytes there counts as brought back. @returns undefined when it cannot be restored any more.
   * @throws {ObjectDiffers} when another object has that name. {StorageTrouble} `held` when a hold protects it.
   */
  restore(object: StoredObject, over: string): Promise<StoredObject | undefined>
  /** Removes an object; returns false when it was gone already. @throws {StorageTrouble} `held` while a hold protects it. */
  remove(object: ObjectVersion): Promise<boolean>
  /** Sets or clears the object's temporary hold, which stops lifecycle rules and removals. */
  hold(object: ObjectVersion, held: boolean): Promise<void>
  /** Lists the objects whose names begin with `prefix`, in the byte order of their names, each with the time of its writing. */
  list(prefix: string): AsyncIterable<ListedObject>
  /** Returns `gs://bucket/name`. */
  uriOf(name: string): string
}

export interface ArchiveStoreConfig {
  readonly bucket: string
  /** Address of the storage service; Google's when absent. */
  readonly endpoint?: string | undefined
}

/** Settings that tests may replace. */
export interface ArchiveStoreLimits {
  readonly attempts: number
  /** Milliseconds before the second attempt; doubled before each one after it, with jitter. */
  readonly pauseMs: number
  /** Maximum milliseconds for an answer, and for each piece of a body to be accepted. */
  readonly timeoutMs: number
  /** A number from 0 to 1, for jitter. */
  readonly random: () => number
}

const defaults: ArchiveStoreLimits = { attempts: 6, pauseMs: 500, timeoutMs: 30_000, random: Math.random }

/** Opens the archive's bucket; nothing is loaded or connected before the first call. */
export function openArchiveStore(
  { bucket: bucketName, endpoint }: ArchiveStoreConfig,
  overrides: Partial<ArchiveStoreLimits> = {},
): ArchiveStore {
  const limits = { ...defaults, ...overrides }
  let opened: Promise<Bucket> | undefined
  const open = async (): Promise<Bucket> => await (opened ??= openBucket(bucketName, endpoint, limits.timeoutMs))
  const file = async ({ name, generation }: { name: string; generation?: string }): Promise<File> => {
    return (await open()).file(name, generation === undefined ? {} : { generation })
  }
  const attempted = async <T>(name: string, call: () => Promise<T>): Promise<T> =>
    await retry(pauseAfter(limits, name), call)
  const stat = async (name: string): Promise<StoredObject | undefined> =>
    await attempted(name, async () => await statFile(await file({ name }), name, limits.timeoutMs))

  return {
    stat,
    put: async (name, body) =>
      await attempted(name, async () => {
        const { crc32c, written } = await uploadTo(await file({ name }), body, limits.timeoutMs)
        const there = written ? toStored(name, written) : await stat(name)
        if (there?.crc32c === crc32c) return there
        if (there && written) await removeFile(await file(there), there, limits.timeoutMs)
        throw unlike(there, written !== undefined)
      }),
    readRange: async (object, start, end) =>
      await attempted(object.name, async () => await collect(await file(object), start, end, limits.timeoutMs)),
    copy: async (source, { name, over }) =>
      await attempted(name, async () => {
        const copied = await copyTo(await file(source), { name, over, timeoutMs: limits.timeoutMs })
        return assertCopy(source, over, copied ? toStored(name, copied) : await stat(name))
      }),
    restore: async (object, over) =>
      await attempted(object.name, async () => {
        const restored = await restoreFile(await file(object), { object, over, timeoutMs: limits.timeoutMs })
        return restored === 'missing' ? undefined : assertCopy(object, over, await stat(object.name))
      }),
    remove: async (object) =>
      await attempted(object.name, async () => await removeFile(await file(object), object, limits.timeoutMs)),
    hold: async (object, held) =>
      await attempted(object.name, async () => await holdFile(await file(object), held, limits.timeoutMs)),
    list: (prefix) => listPages(attempted, open, { prefix, timeoutMs: limits.timeoutMs }),
    uriOf: (name) => `gs://${bucketName}/${name}`,
  }
}

const statFile = async (file: File, name: string, timeoutMs: number): Promise<StoredObject | undefined> => {
  const found = await answerWithin(timeoutMs, file.getMetadata()).catch(absentAs(undefined))
  return found && toStored(name, found[0])
}

/** Returns the reason why an upload did not succeed, from the object that has its name now. */
function unlike(there: StoredObject | undefined, isOurs: boolean): Error {
  if (!there) return new Error('the object was deleted while it was read')
  return isOurs ? new Error('the stored object differs from what was sent') : new ObjectDiffers(there)
}

const removeFile = async (file: File, { generation }: ObjectVersion, timeoutMs: number): Promise<boolean> =>
  await answerWithin(timeoutMs, file.delete({ ifGenerationMatch: generation })).then(() => true, absentAs(false))

async function holdFile(file: File, temporaryHold: boolean, timeoutMs: number): Promise<void> {
  await answerWithin(timeoutMs, file.setMetadata({ temporaryHold }))
}

/** Returns the copy. @throws {ObjectDiffers} when the existing object is not a copy of the source, or is the one that the copy was to replace. */
function assertCopy(source: StoredObject, over: string, there: StoredObject | undefined): StoredObject {
  if (!there) throw new Error('the object was deleted while it was copied')
  if (there.crc32c === source.crc32c && there.size === source.size && there.generation !== over) return there
  throw new ObjectDiffers(there)
}

/** Lists page by page, as the caller consumes them. */
async function* listPages(
  attempted: <T>(name: string, call: () => Promise<T>) => Promise<T>,
  open: () => Promise<Bucket>,
  { prefix, timeoutMs }: { readonly prefix: string; readonly timeoutMs: number },
): AsyncGenerator<ListedObject, void> {
  for (let query: GetFilesOptions | null = { prefix, maxResults: 1_000, autoPaginate: false }; query; ) {
    const asked: GetFilesOptions = query
    const [files, next]: GetFilesResponse = await attempted(prefix, async () => {
      return await answerWithin(timeoutMs, (await open()).getFiles(asked))
    })
    for (const { name, metadata } of files)
      yield { ...toStored(name, metadata), writtenMs: Date.parse(metadata.timeCreated ?? '') }
    query = next as GetFilesOptions | null
  }
}

async function openBucket(name: string, endpoint: string | undefined, timeout: number): Promise<Bucket> {
  const { Storage } = await import('@google-cloud/storage')
  const where = endpoint === undefined ? {} : { apiEndpoint: endpoint, projectId: 'local' }
  return new Storage({ ...where, timeout, retryOptions: { autoRetry: false } }).bucket(name)
}

function toStored(name: string, { generation, size, crc32c, temporaryHold }: FileMetadata): StoredObject {
  return {
    name,
    generation: String(generation),
    size: Number(size),
    crc32c: crc32c ?? '',
    held: temporaryHold ?? false,
  }
}

/** Retries a call to storage unless storage refused it. @throws {StorageTrouble} when it was refused, or failed too often. */
const pauseAfter =
  (limits: ArchiveStoreLimits, name: string): PauseAfter =>
  (error, attempt) => {
    if (error instanceof ObjectDiffers || error instanceof StorageTrouble) return undefined
    const code = Number((error as { code?: unknown }).code)
    const refused = code >= 400 && code < 500 && code !== 408 && code !== 429
    if (refused || attempt >= limits.attempts) throw new StorageTrouble(name, code, attempt, error)
    return limits.pauseMs * 2 ** (attempt - 1) * (0.5 + limits.random() / 2)
  }

/** Turns the error "not found" into a result. */
const absentAs =
  <T>(answer: T) =>
  (error: unknown): T => {
    if (Number((error as { code?: unknown }).code) === NOT_FOUND) return answer
    throw error
  }

const NOT_FOUND = 404
