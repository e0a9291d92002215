// What can go wrong with storage, for those who decide by it
import type { StoredObject } from './stored-object.ts'

/** Storage refused, or did not answer as often as it was asked. */
export class StorageTrouble extends Error {
  /** `held`: a hold or a retention policy forbids it. `missing`: no such object. `other`: all else, unavailability above all. */
  readonly reason: 'held' | 'missing' | 'other'
  /** Name of the object, or the prefix of those that were listed. */
  readonly object: string

  constructor(name: string, status: number, attempts: number, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`storage failed at ${name} (${Number.isNaN(status) ? 'no answer' : status}, attempt ${attempts}): ${why}`, {
      cause,
    })
    this.name = 'StorageTrouble'
    this.object = name
    this.reason = status === 403 ? 'held' : status === 404 ? 'missing' : 'other'
  }
}

/** There is an object of this name already, with other bytes. */
export class ObjectDiffers extends Error {
  readonly existing: StoredObject

  constructor(existing: StoredObject) {
    super(`${existing.name} exists already, with other bytes`)
    this.name = 'ObjectDiffers'
    this.existing = existing
  }
}
