// Cursors: the position where a page ended, encrypted and signed, so that a client can carry it but neither change nor read it: it holds
// the number of a series, from which a tenant could count the series of others.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { invalidRequest } from '@penstock/shared/http/validation.ts'

/** The scope of a cursor: the kind of page, the tenant and every filter, in a fixed order. */
export type CursorScope = readonly (string | number | null | readonly (readonly string[])[])[]

const FORM = /^[\w-]{54,107}$/
const SIGNATURE_BYTES = 32
const NUMBER_BYTES = 8

/** Makes the cursor of a position, which is a list of whole numbers. The same position in the same scope has the same cursor. */
export function issueCursor(key: Buffer, scope: CursorScope, place: readonly number[]): string {
  const said = Buffer.alloc(place.length * NUMBER_BYTES)
  for (const [i, number] of place.entries()) said.writeBigInt64BE(BigInt(number), i * NUMBER_BYTES)
  const signature = sign(key, scope, said)
  const cipher = createCipheriv('aes-256-ctr', encryptionKey(key), signature.subarray(0, 16))
  return Buffer.concat([signature, cipher.update(said)]).toString('base64url')
}

/**
 * Returns the position of a cursor that was issued for this scope.
 * @throws {Problem} 422 for every other text: changed, of another tenant or filter, or signed with a replaced key.
 */
export function openCursor(key: Buffer, scope: CursorScope, cursor: string): readonly number[] {
  const bytes = FORM.test(cursor) ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0)
  const signature = bytes.subarray(0, SIGNATURE_BYTES)
  const said = open(key, signature, bytes.subarray(SIGNATURE_BYTES))
  if (!said || bytes.toString('base64url') !== cursor || !timingSafeEqual(signature, sign(key, scope, said))) {
    const detail = 'must be from a Link of this very query, whose other parameters are unchanged'
    throw invalidRequest([{ pointer: '?cursor', detail }])
  }
  return Array.from({ length: said.length / NUMBER_BYTES }, (_, i) => Number(said.readBigInt64BE(i * NUMBER_BYTES)))
}

function open(key: Buffer, signature: Buffer, encrypted: Buffer): Buffer | undefined {
  if (encrypted.length === 0 || encrypted.length % NUMBER_BYTES !== 0) return undefined
  return createDecipheriv('aes-256-ctr', encryptionKey(key), signature.subarray(0, 16)).update(encrypted)
}

/**
 * The signature is also the nonce, as in SIV (RFC 5297): it depends on the position, so two positions do not share one, and the same
 * position has the same cursor.
 */
const sign = (key: Buffer, scope: CursorScope, said: Buffer): Buffer =>
  createHmac('sha256', key)
    .update(JSON.stringify([said.toString('hex'), ...scope]))
    .digest()

const encryptionKey = (key: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', 'penstock cursor encryption', 32))
