// The proof that ends a drill: equal, or an error that names the tables that differ.
import { differingTables, type TableChecksums } from './table-checksums.ts'

/** Gives what was found. @throws {Error} naming every table that is not as it was. */
export function sameAs(expected: TableChecksums, found: TableChecksums): TableChecksums {
  const differing = differingTables(expected, found)
  if (differing.length > 0) {
    const told = differing.map(
      (name) => `${name} (${expected.get(name) ?? 'not there'}; now ${found.get(name) ?? 'not there'})`,
    )
    throw new Error(`not as it was: ${told.join(', ')}`)
  }
  return found
}
