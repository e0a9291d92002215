import { expect, it } from 'vitest'
import { openRecentCredentials } from './recent-credentials.ts'

const bearer = (name: string) => ({ authorization: `Bearer ${name}` })

it('knows a credential from when it is accepted until it is refused', () => {
  const recent = openRecentCredentials()
  expect(recent.has(bearer('a'))).toBe(false)
  recent.accept(bearer('a'))
  expect([recent.has(bearer('a')), recent.has(bearer('b')), recent.has({})]).toEqual([true, false, false])
  recent.refuse(bearer('a'))
  expect(recent.has(bearer('a'))).toBe(false)
})

it('knows a key in its own header apart from the same text as a bearer token', () => {
  const recent = openRecentCredentials()
  recent.accept({ 'x-api-key': 'a' })
  expect([recent.has({ 'x-api-key': 'a' }), recent.has({ authorization: 'a' })]).toEqual([true, false])
})

it('keeps those that were used last, and no more than 10,000', () => {
  const recent = openRecentCredentials()
  recent.accept(bearer('used'))
  recent.accept(bearer('unused'))
  for (let i = 0; i < 9_999; i++) {
    recent.accept(bearer(`other ${i}`))
    recent.has(bearer('used'))
  }
  expect([recent.has(bearer('used')), recent.has(bearer('unused'))]).toEqual([true, false])
})
