// Preconditions: what a request wants the object to be before anything is done.
// https://cloud.google.com/storage/docs/request-preconditions
import { badRequest, notFound, StorageError } from './error.ts'
import type { StoredBucket, StoredObject } from './resource.ts'

interface Versioned {
  readonly generation?: string
  readonly metageneration: number
}

/** @throws {StorageError} 412 when one does not hold; for a read that wanted another one, 304. */
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

/** The object that a request names, by its generation too where it says one. @throws {StorageError} 404; 412. */
export function requireObject(query: URLSearchParams, object: StoredObject | undefined, name: string): StoredObject {
  const generation = query.get('generation')
  if (!object || (generation !== null && generation !== object.generation)) throw notFound(`No such object: ${name}`)
  checkConditions(query, object)
  return object
}

/** @throws {StorageError} 404. */
export function requireBucket(bucket: StoredBucket | undefined): StoredBucket {
  if (!bucket) throw notFound('The specified bucket does not exist.')
  return bucket
}

/**
 * Nobody deletes or replaces an object that is held, whoever asks and whatever its lifecycle says.
 * https://cloud.google.com/storage/docs/object-holds
 * @throws {StorageError} 403.
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
