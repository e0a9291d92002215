// Cursors over points and series: the position at which a page ended, as whole numbers. They are encrypted, because a position contains the
// number of a series, from which a tenant could count the series of other tenants.
import { type CursorScope, openPlace, sealPlace } from '@penstock/shared/resource/sealed-place.ts'

const NUMBER_BYTES = 8

/** Makes the cursor of a position, which is a list of whole numbers. The same position in the same scope has the same cursor. */
export function issueCursor(key: Buffer, scope: CursorScope, place: readonly number[]): string {
  const said = Buffer.alloc(place.length * NUMBER_BYTES)
  for (const [i, number] of place.entries()) said.writeBigInt64BE(BigInt(number), i * NUMBER_BYTES)
  return sealPlace(key, scope, said)
}

/** Returns the position of a cursor that was issued for this scope. @throws {Problem} 422 for every other text. */
export function openCursor(key: Buffer, scope: CursorScope, cursor: string): readonly number[] {
  const said = openPlace(key, scope, cursor)
  return Array.from({ length: said.length / NUMBER_BYTES }, (_, i) => Number(said.readBigInt64BE(i * NUMBER_BYTES)))
}
