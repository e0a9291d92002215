// The local suite's Cloud Storage for one test: an empty folder, faults on demand, and access to the stored objects.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32c, crc32cText } from '@penstock/shared/base/crc32c.ts'
import type { OnCall, StorageCall, StorageFault } from '../../../scripts/local/storage/faults.ts'
import { startStorage } from '../../../scripts/local/storage/server.ts'

export type { StorageCall, StorageFault }

export const TEST_BUCKET = 'test-archive'

export interface TestStorage {
  /** The value for a client's `apiEndpoint`. */
  readonly url: string
  /** The folder of its files. */
  readonly folder: string
  /** Every call so far. */
  readonly calls: StorageCall[]
  /** Called for each call that meets no fault of `fail`; it may return one or throw. */
  onCall: OnCall
  /** The next calls of a kind meet these faults, one each. */
  fail(call: StorageCall, ...faults: StorageFault[]): void
  /** Removes the faults that no call met. */
  clear(): void
  /** Names of all objects, sorted. */
  names(): readonly string[]
  /** The object's bytes. @throws {Error} when there is no such object. */
  read(name: string): Buffer
  isHeld(name: string): boolean
  /** Changes the bytes of an object without the API, so its generation stays. */
  damage(name: string, bytes: Uint8Array): void
  /** Removes an object without the API. The returned function restores it. */
  remove(name: string): () => void
  /** Stops the server and deletes the folder. */
  close(): Promise<void>
}

/** Starts a server with an empty `TEST_BUCKET`. */
export async function createTestStorage(): Promise<TestStorage> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-storage-test-'))
  const faults = new Map<StorageCall, StorageFault[]>()
  const onCall: OnCall = (call, when) => {
    if (when === 'before') storage.calls.push(call)
    return (when === 'before' ? faults.get(call)?.shift() : undefined) ?? storage.onCall(call, when)
  }
  const server = await startStorage({ folder, clock: Date.now, buckets: [TEST_BUCKET], onCall })
  const { content } = server
  const find = (name: string) => {
    const object = content.objects(TEST_BUCKET).get(name)
    if (!object) throw new Error(`there is no object ${name}`)
    return object
  }
  const read = (name: string) => readFileSync(join(folder, 'objects', `${find(name).generation}.data`))
  const damage = (name: string, bytes: Uint8Array, object = find(name)) => {
    const draft = content.draft()
    writeFileSync(draft, bytes)
    content.putObject({ ...object, size: bytes.length, crc32c: crc32cText(crc32c(bytes)) }, draft)
  }
  const storage: TestStorage = {
    url: server.url,
    folder,
    calls: [],
    onCall: () => undefined,
    fail: (call, ...more) => void faults.set(call, [...(faults.get(call) ?? []), ...more]),
    clear: () => faults.clear(),
    names: () => [...content.objects(TEST_BUCKET).keys()].toSorted(),
    read,
    isHeld: (name) => find(name).temporaryHold === true,
    damage: (name, bytes) => damage(name, bytes),
    remove(name) {
      const object = find(name)
      const bytes = read(name)
      content.removeObject(object)
      return () => damage(name, bytes, object)
    },
    async close() {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return storage
}
