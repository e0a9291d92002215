import { ArchiveFault } from '../archive/archive-fault.ts'

/** An object that no record knows has the name of a month. */
export const strangeObject = (name: string, generation: string): ArchiveFault =>
  new ArchiveFault(
    `The object ${name} has generation ${generation}, which no record knows. Run npm run archive -- reconcile.`,
    { object: name },
  )
