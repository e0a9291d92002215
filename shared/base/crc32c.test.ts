import { describe, expect, it } from 'vitest'
import { crc32c, crc32cText } from './crc32c.ts'

const of = (text: string, before = 0) => crc32c(new TextEncoder().encode(text), before)

describe('CRC-32C', () => {
  it.each([
    ['', 'AAAAAA=='],
    ['hello', 'mnG7TA=='],
    ['123456789', '4waSgw=='],
  ])('of %j is what Cloud Storage has', (text, checksum) => {
    expect(crc32cText(of(text))).toBe(checksum)
  })

  it('goes on from piece to piece', () => {
    expect(of('56789', of('1234'))).toBe(of('123456789'))
  })
})
