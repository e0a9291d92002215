import { Problem } from '@penstock/shared/base/problem.ts'
import type { CursorScope } from '@penstock/shared/resource/sealed-place.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { issueCursor, openCursor } from './cursor.ts'

const key = Buffer.alloc(32, 7)
const scope: CursorScope = ['range', 1, 'svc', null, null, [['host', 'a']], 5, 9]
const places = fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 3 })

/** The pointers of the refusal; fails when there is none. */
function refusal(open: () => unknown): unknown {
  try {
    return { opened: open() }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return [error.kind.status, ...(error.errors ?? []).map(({ pointer }) => pointer)]
  }
}

describe('a cursor', () => {
  it('leads back to its place in its scope', () => {
    fc.assert(
      fc.property(places, (place) => {
        const cursor = issueCursor(key, scope, place)
        expect(openCursor(key, scope, cursor)).toEqual(place.map((n) => n + 0))
        expect(cursor).toMatch(/^[\w-]{1,200}$/)
      }),
    )
  })

  it('shows nothing of its place: cursors of neighbours share no part and have one length', () => {
    const cursors = Array.from({ length: 200 }, (_, i) => issueCursor(key, scope, [1_796_034_759_732_000, i]))
    expect(new Set(cursors.map((cursor) => cursor.length)).size).toBe(1)
    for (const part of [(text: string) => text.slice(0, 20), (text: string) => text.slice(43, 60)])
      expect(new Set(cursors.map(part)).size).toBe(200)
    expect(Buffer.from(cursors[3] ?? '', 'base64url').includes(Buffer.from([0, 0, 0, 0, 0, 0, 0, 3]))).toBe(false)
  })

  it.each<[string, CursorScope]>([
    ['another kind', ['series', ...scope.slice(1)]],
    ['another tenant', ['range', 2, ...scope.slice(2)]],
    ['another service', ['range', 1, 'svc2', ...scope.slice(3)]],
    ['a filter more', ['range', 1, 'svc', 'temp', ...scope.slice(4)]],
    ['the same text as another filter', ['range', 1, null, 'svc', ...scope.slice(4)]],
    ['another label', [...scope.slice(0, 5), [['host', 'b']], 5, 9]],
    ['no label', [...scope.slice(0, 5), [], 5, 9]],
    ['another range', [...scope.slice(0, 7), 10]],
  ])('is refused for %s', (_what, other) => {
    const cursor = issueCursor(key, scope, [123, 4])
    expect(refusal(() => openCursor(key, other, cursor))).toEqual([422, '?cursor'])
  })

  it('is refused when one character is changed, taken or added', () => {
    const cursor = issueCursor(key, scope, [123, 4])
    for (let i = 0; i < cursor.length; i++) {
      // The last character does not carry six bits: some changes of it mean the same bytes, and are refused as well.
      const changed = cursor[i] === '1' ? '2' : '1'
      for (const text of [
        `${cursor.slice(0, i)}${changed}${cursor.slice(i + 1)}`,
        cursor.slice(0, i) + cursor.slice(i + 1),
        `${cursor.slice(0, i)}1${cursor.slice(i)}`,
      ]) {
        expect(refusal(() => openCursor(key, scope, text))).toEqual([422, '?cursor'])
      }
    }
  })

  it('is refused when another key signed it', () => {
    const cursor = issueCursor(Buffer.alloc(32, 8), scope, [123, 4])
    expect(refusal(() => openCursor(key, scope, cursor))).toEqual([422, '?cursor'])
  })

  it('is refused when it is none', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.constantFrom('nonsense', '.', '1.', `1.${'A'.repeat(43)}`, 'A'.repeat(54), 'A'.repeat(64), '__proto__'),
        ),
        (text) => {
          expect(refusal(() => openCursor(key, scope, text))).toEqual([422, '?cursor'])
        },
      ),
    )
  })
})
