// Cursors: where a page ended, signed, so that a client can carry the place and change nothing about it.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { invalidRequest } from '@penstock/shared/validation.ts'

/** What a cursor is good for: the kind of page, the tenant, every filter; in a fixed order. */
export type CursorScope = readonly (string | number | null | readonly (readonly string[])[])[]

const FORM = /^((?:-?\d{1,16}\.)+)([\w-]{43})$/

/** The cursor of a place, which is some whole numbers. The same place in the same scope has the same cursor. */
export function issueCursor(key: Buffer, scope: CursorScope, place: readonly number[]): string {
  const said = place.map((number) => `${number}.`).join('')
  return `${said}${sign(key, scope, said)}`
}

/**
 * The place of a cursor that was issued for this scope.
 * @throws {Problem} 422 for every other text: tampered with, of another tenant or filter, or signed with a key that was replaced.
 */
export function openCursor(key: Buffer, scope: CursorScope, cursor: string): readonly number[] {
  const [, said, signature] = FORM.exec(cursor) ?? []
  if (said === undefined || signature === undefined || !isSame(signature, sign(key, scope, said))) {
    const detail = 'must be from a Link of this very query, whose other parameters are unchanged'
    throw invalidRequest([{ pointer: '?cursor', detail }])
  }
  return said.split('.').slice(0, -1).map(Number)
}

const sign = (key: Buffer, scope: CursorScope, said: string): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([said, ...scope]))
    .digest('base64url')

/** Both are 43 characters of ASCII. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b))
