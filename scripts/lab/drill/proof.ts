// The proof at the end of a drill: the checksums are equal, or an error names the tables that differ.
import { differingTables, type TableChecksums } from './table-checksums.ts'

/** Returns the found checksums. @throws {Error} naming every table that differs. */
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
