import { ArchiveFault } from '../archive/archive-fault.ts'

/** Returns the fault of an object that is not recorded and has the name of a month's object. */
export const strangeObject = (name: string, generation: string): ArchiveFault =>
  new ArchiveFault(
    `The object ${name} has generation ${generation}, which is not the recorded one. The month stays unchanged until the bucket has the recorded generation again.`,
    { object: name },
  )
