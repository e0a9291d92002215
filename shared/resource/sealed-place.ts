// Places in an order of rows, encrypted and signed, so that a client can carry one but neither change nor read it.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import { invalidRequest } from '../http/validation.ts'

/** The scope of a cursor: the kind of page, the tenant and every filter, in a fixed order. */
export type CursorScope = readonly (string | number | null | readonly (readonly string[])[])[]

const FORM = /^[\w-]{44,2000}$/
const SIGNATURE_BYTES = 32

/** Makes the cursor of a place. The same place in the same scope has the same cursor. */
export function sealPlace(key: Buffer, scope: CursorScope, place: Buffer): string {
  const signature = sign(key, scope, place)
  const cipher = createCipheriv('aes-256-ctr', keysOf(key).encryption, signature.subarray(0, 16))
  return Buffer.concat([signature, cipher.update(place)]).toString('base64url')
}

/**
 * Returns the place of a cursor that was made for this scope.
 * @throws {Problem} 422 for every other text: changed, of another tenant or filter, or signed with a replaced key.
 */
export function openPlace(key: Buffer, scope: CursorScope, cursor: string): Buffer {
  const bytes = FORM.test(cursor) ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0)
  const signature = bytes.subarray(0, SIGNATURE_BYTES)
  const encrypted = bytes.subarray(SIGNATURE_BYTES)
  if (encrypted.length === 0 || bytes.toString('base64url') !== cursor) throw foreignCursor()
  const place = createDecipheriv('aes-256-ctr', keysOf(key).encryption, signature.subarray(0, 16)).update(encrypted)
  if (!timingSafeEqual(signature, sign(key, scope, place))) throw foreignCursor()
  return place
}

const foreignCursor = () =>
  invalidRequest([
    { pointer: '?cursor', detail: 'must be from a Link of this very query, whose other parameters are unchanged' },
  ])

/**
 * Returns the value of a `Link` header (RFC 8288) to the next page: the same query with the cursor, and without the rows to skip, which
 * this page has used up. It is relative to the origin, because behind proxies our own origin is unknown.
 */
export function nextPageLink(url: URL, cursor: string): string {
  const query = new URLSearchParams(url.search)
  for (const name of ['offset', 'skip']) query.delete(name)
  query.set('cursor', cursor)
  return `<${url.pathname}?${query.toString()}>; rel="next"`
}

/**
 * The signature is also the nonce, as in SIV (RFC 5297): it depends on the place, so two places do not share one, and the same place has
 * the same cursor.
 */
const sign = (key: Buffer, scope: CursorScope, place: Buffer): Buffer =>
  createHmac('sha256', keysOf(key).signing)
    .update(JSON.stringify([place.toString('hex'), ...scope]))
    .digest()

interface Keys {
  readonly signing: KeyObject
  readonly encryption: KeyObject
}

const derived = new WeakMap<Buffer, Keys>()

/** Made once for each key: deriving costs more than all the rest of a cursor, and Node.js takes longer to use bytes as a key than a key object. */
function keysOf(key: Buffer): Keys {
  let keys = derived.get(key)
  if (!keys) {
    const encryption = Buffer.from(hkdfSync('sha256', key, '', 'penstock cursor encryption', 32))
    keys = { signing: createSecretKey(key), encryption: createSecretKey(encryption) }
    derived.set(key, keys)
  }
  return keys
}
