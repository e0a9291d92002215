// Errors of storage that callers distinguish.
import { busy, type Problem } from '../base/problem.ts'
import type { StoredObject } from './stored-object.ts'

/** Storage refused a request, or did not answer any of the attempts. */
export class StorageTrouble extends Error {
  /**
   * `held`: a hold or a retention policy forbids it. `missing`: there is no such object. `other`: everything else, mostly unavailability.
   */
  readonly reason: 'held' | 'missing' | 'other'
  /** Name of the object, or the listed prefix. */
  readonly object: string
  /** What a caller is answered where nothing else catches the error: 503 when storage is unavailable. */
  readonly problem: Problem | undefined

  constructor(name: string, status: number, attempts: number, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`storage failed at ${name} (${Number.isNaN(status) ? 'no answer' : status}, attempt ${attempts}): ${why}`, {
      cause,
    })
    this.name = 'StorageTrouble'
    this.object = name
    this.reason = status === 403 ? 'held' : status === 404 ? 'missing' : 'other'
    this.problem = this.reason === 'other' ? busy('Cloud Storage is temporarily unavailable.', this) : undefined
  }
}

/** An object of this name exists already, with other bytes. */
export class ObjectDiffers extends Error {
  readonly existing: StoredObject

  constructor(existing: StoredObject) {
    super(`${existing.name} exists already, with other bytes`)
    this.name = 'ObjectDiffers'
    this.existing = existing
  }
}
