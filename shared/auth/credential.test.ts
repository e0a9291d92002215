import { describe, expect, it } from 'vitest'
import { readCredential } from './credential.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('a credential', () => {
  it.each([
    ['Bearer abc', 'abc', true],
    ['bearer abc', 'abc', true],
    ['BEARER   abc  ', 'abc', true],
    ['Token abc', 'abc', false],
    ['token abc', 'abc', false],
    [basic('agent:abc'), 'abc', false],
    [basic(':abc'), 'abc', false],
    [basic('agent:a:b'), 'a:b', false],
    [basic('agent:abc').replace('Basic', 'bAsIc'), 'abc', false],
  ])('is read from Authorization: %s', (authorization, text, bearer) => {
    expect(readCredential({ authorization })).toEqual({ text, bearer })
  })

  it.each(['', 'Bearer', 'Bearerx', 'abc', 'Digest abc', 'Basic %%%', 'Basic', basic('no colon')])(
    'is one that is wrong, not a missing one, in Authorization: %j',
    (authorization) => {
      expect(readCredential({ authorization })).toEqual({ text: '', bearer: false })
    },
  )

  it('is read from X-API-Key, before Authorization', () => {
    expect(readCredential({ 'x-api-key': 'abc' })).toEqual({ text: 'abc', bearer: false })
    expect(readCredential({ 'x-api-key': 'abc', authorization: 'Bearer def' })).toEqual({ text: 'abc', bearer: false })
  })

  it('is missing where neither header is sent', () => {
    expect(readCredential({})).toBeUndefined()
  })

  it('is read in linear time from a header that is all spaces inside', () => {
    const begun = performance.now()
    readCredential({ authorization: `a${' '.repeat(1_000_000)}b` })
    expect(performance.now() - begun).toBeLessThan(200)
  })
})
