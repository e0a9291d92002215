// An object in storage, as the archive knows it.

export interface StoredObject {
  readonly name: string
  /** Changes with every write of this name. */
  readonly generation: string
  readonly size: number
  /** Base64, as Cloud Storage has it. */
  readonly crc32c: string
  readonly held: boolean
}

export interface ListedObject extends StoredObject {
  /** Milliseconds since 1970. */
  readonly writtenMs: number
}

/** One state of an object, whatever is written under its name later. */
export type ObjectVersion = Pick<StoredObject, 'name' | 'generation'>
