import { nextPageLink } from '@penstock/shared/resource/sealed-place.ts'
import { describe, expect, it } from 'vitest'
import { writePage } from './page.ts'

const write = (row: string) => ({ text: JSON.stringify(row), bytes: Buffer.byteLength(JSON.stringify(row)) })
const rows = ['ab', 'üü', 'c']
const whole = '["ab","üü","c"]'
const wholeBytes = Buffer.byteLength(whole)

describe('a page', () => {
  it('is the last when it has fewer rows than it may', () => {
    expect(writePage(rows, { rows: 4, bytes: 1000 }, write)).toEqual({ text: whole, end: undefined })
    expect(writePage([], { rows: 4, bytes: 1000 }, write)).toEqual({ text: '[]', end: undefined })
  })

  it('ends at its last row when it is full', () => {
    expect(writePage(rows, { rows: 3, bytes: 1000 }, write)).toEqual({ text: whole, end: 'c' })
  })

  it('ends before the row that would pass its bytes', () => {
    // A comma more is counted than is written.
    expect(writePage(rows, { rows: 9, bytes: wholeBytes + 2 }, write)).toEqual({ text: whole, end: undefined })
    expect(writePage(rows, { rows: 9, bytes: wholeBytes + 1 }, write)).toEqual({ text: whole, end: undefined })
    expect(writePage(rows, { rows: 9, bytes: wholeBytes }, write)).toEqual({ text: '["ab","üü"]', end: 'üü' })
  })

  it('always has its first row', () => {
    expect(writePage(rows, { rows: 9, bytes: 1 }, write)).toEqual({ text: '["ab"]', end: 'ab' })
  })
})

describe('the link to the next page', () => {
  it('keeps every parameter but the offset, and replaces the cursor', () => {
    const url = new URL('http://x/api/v1/m?service_name=a%26b+c&labels.h%C3%B6st=%3E%22&offset=5&limit=7&cursor=old')
    const link = nextPageLink(url, '1.2.sig')
    expect(link).toMatch(/^<\/api\/v1\/m\?[\x21-\x3d\x3f-\x7e]+>; rel="next"$/)
    const next = new URL(link.slice(1, link.indexOf('>')), url)
    expect([...next.searchParams]).toEqual([
      ['service_name', 'a&b c'],
      ['labels.höst', '>"'],
      ['limit', '7'],
      ['cursor', '1.2.sig'],
    ])
  })
})
