// Describes what is wrong with the archive, by object and tenant, for an operator.

import { busy, damagedObject, Problem } from '../base/problem.ts'
import { codeOf } from '../database/database-errors.ts'
import { StorageTrouble } from './storage-errors.ts'

/** The location of a fault. */
export interface FaultPlace {
  readonly tenant?: string | undefined
  /** Name of the object in the bucket. */
  readonly object?: string | undefined
}

/** A deviation from what is recorded. The message is a sentence that names the location. */
export class ArchiveFault extends Error {
  readonly place: FaultPlace

  constructor(message: string, place: FaultPlace, cause?: unknown) {
    super(message, { cause })
    this.name = 'ArchiveFault'
    this.place = place
  }
}

/** An object differs from what was written, or is not in storage. */
export class ObjectChanged extends ArchiveFault {
  /** `how` is the rest of a sentence about the object. */
  constructor(object: string, how: string, cause?: unknown) {
    super(`The object ${object} ${how}.`, placeOfObject(object), cause)
    this.name = 'ObjectChanged'
  }
}

/** Returns the fault of an object that is not recorded and has the name of a month's object. */
export const strangeObject = (name: string, generation: string): ArchiveFault =>
  new ArchiveFault(
    `The object ${name} has generation ${generation}, which is not the recorded one. The month stays unchanged until the bucket has the recorded generation again.`,
    { object: name },
  )

/** Describes a failure to an operator in sentences, with its location. The error itself is in the log. */
export function faultOf(error: unknown): FaultPlace & { readonly detail: string } {
  if (error instanceof Problem) return { detail: error.detail }
  if (error instanceof ArchiveFault) return { ...error.place, detail: error.message }
  if (error instanceof StorageTrouble) return { ...placeOfObject(error.object), detail: storageSentence(error) }
  return { detail: `It could not be finished: ${unforeseen(error)}` }
}

/**
 * Turns a fault of the archive into the problem of an operator's call: 409 when an object is damaged or missing, because it must be
 * restored first; 503 when storage does not answer. Any other error is returned unchanged.
 */
export function toArchiveProblem(error: unknown): unknown {
  const isMissing = error instanceof StorageTrouble && error.reason === 'missing'
  if (error instanceof ArchiveFault || isMissing) {
    const { detail } = faultOf(error)
    return new Problem(damagedObject, `${detail} ${REMEDY}`, { cause: error })
  }
  return error instanceof StorageTrouble ? busy(storageSentence(error), error) : error
}

const REMEDY = 'Restore the object as it was written, then try again. retention/verify names every damaged object.'

function storageSentence({ object, reason }: StorageTrouble): string {
  if (reason === 'missing') return `The object ${object} is missing from storage.`
  if (reason === 'held') return `Storage refused to change ${object}: a hold or a retention policy protects it.`
  return `Storage did not return ${object}: the archive is temporarily unavailable.`
}

/**
 * Returns our own message; otherwise the SQLSTATE, the system code or the kind of the error, because the messages of other programs may
 * quote rows.
 */
function unforeseen(error: unknown): string {
  if (error instanceof Error && error.name === 'Error' && !('code' in error)) return `${error.message}.`
  const what = error instanceof Error && !('code' in error) ? error.name : codeOf(error)
  return `an unexpected error (${what}) stopped it. The details are in the log.`
}

const placeOfObject = (object: string): FaultPlace => ({ object, tenant: /(?:^|\/)tenant=([^/]+)\//.exec(object)?.[1] })
