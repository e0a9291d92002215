// Preconditions: the state of the object that a request requires.
// https://cloud.google.com/storage/docs/request-preconditions
import { badRequest, notFound, StorageError } from './error.ts'
import type { StoredBucket, StoredObject } from './resource.ts'

interface Versioned {
  readonly generation?: string
  readonly metageneration: number
}

/** Checks the preconditions. @throws {StorageError} 412 when one does not hold; 304 for a read with an unmet if-not-match condition. */
export function checkConditions(query: URLSearchParams, present: Versioned | undefined, prefix = 'if'): void {
  const generation = present?.generation ?? '0'
  const metageneration = String(present?.metageneration ?? 0)
  const asked = (name: string): string | null => {
    const value = query.get(prefix + name)
    if (value !== null && !/^\d{1,19}$/.test(value)) throw badRequest(`Invalid value for: ${prefix + name}`)
    return value
  }
  const wanted = asked('GenerationMatch')
  const unwanted = asked('GenerationNotMatch')
  const wantedMeta = asked('MetagenerationMatch')
  const unwantedMeta = asked('MetagenerationNotMatch')
  if (
    (wanted !== null && wanted !== generation) ||
    (wantedMeta !== null && wantedMeta !== metageneration) ||
    unwanted === generation ||
    unwantedMeta === metageneration
  ) {
    throw new StorageError(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.')
  }
}

/** Returns the object that a request names, and with its generation if the request has one. @throws {StorageError} 404; 412. */
export function requireObject(query: URLSearchParams, object: StoredObject | undefined, name: string): StoredObject {
  const generation = query.get('generation')
  if (!object || (generation !== null && generation !== object.generation)) throw notFound(`No such object: ${name}`)
  checkConditions(query, object)
  return object
}

/** Returns the bucket. @throws {StorageError} 404 when there is none. */
export function requireBucket(bucket: StoredBucket | undefined): StoredBucket {
  if (!bucket) throw notFound('The specified bucket does not exist.')
  return bucket
}

/**
 * An object on hold cannot be deleted or replaced, by any caller or lifecycle rule.
 * https://cloud.google.com/storage/docs/object-holds
 * @throws {StorageError} 403 for an object on hold.
 */
export function refuseHeld(object: StoredObject | undefined): void {
  if (object?.temporaryHold !== true && object?.eventBasedHold !== true) return
  const hold = object.temporaryHold ? 'Temporary' : 'Event-Based'
  throw new StorageError(
    403,
    'forbidden',
    `Object '${object.bucket}/${object.name}' is under active ${hold} hold and cannot be deleted, overwritten or archived until hold is removed.`,
  )
}
