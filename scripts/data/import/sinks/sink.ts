// Where chunks go: into the database, over HTTP, or, in a dry run, nowhere.
import type { Chunk } from '../chunk.ts'
import type { Outcome, Saved } from '../report.ts'

/** A file and the way it is read, as 64 hexadecimal digits: the same again, the same points. */
export type Identity = string

/** A chunk that is ready to be stored. Chunks are stored in the order of the file. */
export interface Prepared {
  /**
   * Stores the points, and saves with them what `next` makes of the outcome; answers that. Safe to repeat.
   * @throws {Error} when nothing of the chunk was stored, or it is not known: the next run stores it again.
   */
  store(next: (outcome: Outcome) => Saved): Promise<Saved>
}

export interface Sink {
  /** How far an interrupted run came with a file; undefined for one that is new. */
  resume(identity: Identity): Promise<Saved | undefined>
  /** Makes a chunk ready while the one before it is being stored. */
  prepare(identity: Identity, chunk: Chunk): Promise<Prepared>
  /** Forgets how far runs came with these files. */
  forget(identities: readonly Identity[]): Promise<void>
}
