// The contract of sinks for chunks: the database, HTTP, or a dry run.
import type { Chunk } from '../chunk.ts'
import type { Outcome, Saved } from '../report.ts'

/** Identifies a file and how it is read, as 64 hexadecimal digits: the same identity means the same points. */
export type Identity = string

/** A chunk that is ready to be stored. Chunks are stored in the order of the file. */
export interface Prepared {
  /**
   * Stores the points, and saves what `next` makes of the outcome in the same transaction; returns it. Safe to repeat.
   * @throws {Error} when nothing of the chunk was stored, or the result is unknown: the next run stores it again.
   */
  store(next: (outcome: Outcome) => Saved): Promise<Saved>
}

export interface Sink {
  /** Returns the progress of an interrupted run with a file; undefined for a new file. */
  resume(identity: Identity): Promise<Saved | undefined>
  /** Prepares a chunk while the one before it is stored. */
  prepare(identity: Identity, chunk: Chunk): Promise<Prepared>
  /** Deletes the progress of these files. */
  forget(identities: readonly Identity[]): Promise<void>
}
