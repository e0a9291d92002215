// An object in storage, as the archive knows it.

export interface StoredObject {
  readonly name: string
  /** Changes with every write of this name. */
  readonly generation: string
  readonly size: number
  /** In base64, as Cloud Storage reports it. */
  readonly crc32c: string
  readonly held: boolean
}

export interface ListedObject extends StoredObject {
  /** Milliseconds since 1970. */
  readonly writtenMs: number
}

/** One version of an object, even if its name is written again later. */
export type ObjectVersion = Pick<StoredObject, 'name' | 'generation'>
