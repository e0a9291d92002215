// The folder behind the local Cloud Storage: buckets/<name>.json, objects/<generation>.json and .data, the same in deleted/ for objects that were
// soft deleted, and drafts/ for uploads.
import { randomUUID } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { StoredBucket, StoredObject } from './resource.ts'

export interface StorageFolder {
  readonly buckets: ReadonlyMap<string, StoredBucket>
  objects(bucket: string): ReadonlyMap<string, StoredObject>
  putBucket(bucket: StoredBucket): void
  removeBucket(name: string): void
  /** Returns a new draft's path; `putObject` takes it over, or `dropDraft` deletes it. */
  draft(): string
  dropDraft(path: string): void
  nextGeneration(): string
  /** Makes a draft's bytes the object's content, in place of the object with that name. Without a draft the bytes do not change. */
  putObject(object: StoredObject, draft?: string): void
  /** The object can be restored for seven days. */
  removeObject(object: StoredObject): void
  /** Returns a soft-deleted object that can be restored. */
  softDeleted(generation: string): StoredObject | undefined
  /** Makes the bytes of a soft-deleted object those of `object`. */
  restoreObject(from: StoredObject, object: StoredObject): void
  /** Reads an object's bytes; both ends are inclusive. An object that is replaced during the read is still read to its end. */
  read(object: StoredObject, range?: { readonly start: number; readonly end: number }): NodeJS.ReadableStream
}

/**
 * Opens the folder, which belongs to this process alone. An object exists once its description does; bytes without one, left by a killed
 * process, are removed.
 */
export function openStorageFolder(folder: string, clock: () => number): StorageFolder {
  const pathOf = (name: string) => join(folder, name)
  const paths = {
    buckets: pathOf('buckets'),
    objects: pathOf('objects'),
    deleted: pathOf('deleted'),
    drafts: pathOf('drafts'),
  }
  rmSync(paths.drafts, { recursive: true, force: true })
  for (const path of Object.values(paths)) mkdirSync(path, { recursive: true, mode: 0o700 })
  const buckets = new Map(readAll<StoredBucket>(paths.buckets).map((bucket) => [bucket.name, bucket]))
  const objects = readObjects(paths.objects)
  let last = 0

  const of = (bucket: string): Map<string, StoredObject> => bucketIn(objects, bucket)
  const fileOf = (generation: string, kind: 'json' | 'data'): string => join(paths.objects, `${generation}.${kind}`)
  const deletedFile = (generation: string, kind: 'json' | 'data'): string =>
    join(paths.deleted, `${generation}.${kind}`)
  const forget = ({ generation }: StoredObject): void => {
    const seconds = clock() / 1_000
    for (const kind of ['data', 'json'] as const) {
      if (!existsSync(fileOf(generation, kind))) continue
      utimesSync(fileOf(generation, kind), seconds, seconds)
      renameSync(fileOf(generation, kind), deletedFile(generation, kind))
    }
    dropOld(paths.deleted, clock() - SOFT_DELETE_MS)
  }
  const put = (object: StoredObject, draft?: string): void => {
    const before = of(object.bucket).get(object.name)
    if (draft !== undefined) renameSync(draft, fileOf(object.generation, 'data'))
    writeWhole(fileOf(object.generation, 'json'), object)
    of(object.bucket).set(object.name, object)
    if (before && before.generation !== object.generation) forget(before)
  }
  return {
    buckets,
    objects: of,
    putBucket(bucket) {
      writeWhole(join(paths.buckets, `${bucket.name}.json`), bucket)
      buckets.set(bucket.name, bucket)
    },
    removeBucket(name) {
      rmSync(join(paths.buckets, `${name}.json`), { force: true })
      buckets.delete(name)
    },
    draft: () => join(paths.drafts, randomUUID()),
    dropDraft: (path) => rmSync(path, { force: true }),
    nextGeneration() {
      last = Math.max(last + 1, clock() * 1_000)
      return String(last)
    },
    putObject: put,
    removeObject(object) {
      of(object.bucket).delete(object.name)
      forget(object)
    },
    softDeleted: (generation) =>
      existsSync(deletedFile(generation, 'json'))
        ? (JSON.parse(readFileSync(deletedFile(generation, 'json'), 'utf8')) as StoredObject)
        : undefined,
    restoreObject(from, object) {
      put(object, deletedFile(from.generation, 'data'))
      rmSync(deletedFile(from.generation, 'json'), { force: true })
    },
    read: (object, range) => createReadStream(fileOf(object.generation, 'data'), range ?? {}),
  }
}

const SOFT_DELETE_MS = 7 * 24 * 3_600_000

/** Removes the files of a folder that were last changed before this instant. */
function dropOld(folder: string, beforeMs: number): void {
  for (const file of readdirSync(folder)) {
    const path = join(folder, file)
    if (statSync(path).mtimeMs < beforeMs) rmSync(path, { force: true })
  }
}

function readObjects(folder: string): Map<string, Map<string, StoredObject>> {
  const buckets = new Map<string, Map<string, StoredObject>>()
  const kept = new Set<string>()
  // A replacement that was killed halfway leaves both generations: the newer one is the object.
  const all = readAll<StoredObject>(folder).toSorted((a, b) => Number(a.generation) - Number(b.generation))
  for (const object of all) {
    bucketIn(buckets, object.bucket).set(object.name, object)
  }
  for (const objects of buckets.values()) for (const { generation } of objects.values()) kept.add(generation)
  for (const file of readdirSync(folder)) if (!kept.has(file.split('.')[0] ?? '')) rmSync(join(folder, file))
  return buckets
}

function bucketIn(buckets: Map<string, Map<string, StoredObject>>, name: string): Map<string, StoredObject> {
  const objects = buckets.get(name) ?? new Map<string, StoredObject>()
  buckets.set(name, objects)
  return objects
}

const readAll = <T>(folder: string): T[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as T)

function writeWhole(path: string, value: unknown): void {
  writeFileSync(`${path}.draft`, JSON.stringify(value))
  renameSync(`${path}.draft`, path)
}
