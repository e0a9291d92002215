import { describe, expect, it } from 'vitest'
import { preferredCoding, preferredType } from './accept.ts'

describe('the type of an answer', () => {
  const offered = ['application/json', 'text/csv'] as const
  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV ; q=0.5', 'text/csv'],
    ['text/*', 'text/csv'],
    ['text/csv;q=0.4, application/json;q=0.9', 'application/json'],
    ['text/csv, application/json', 'application/json'],
    ['application/json;q=0, */*', 'text/csv'],
    ['text/html', 'application/json'],
    ['text/csv;q=0', 'application/json'],
    [',;q=,', 'application/json'],
  ])('for Accept %j is %s', (accept, type) => {
    expect(preferredType(accept, [...offered])).toBe(type)
  })
})

describe('the coding of an answer', () => {
  it.each([
    ['', undefined],
    ['identity', undefined],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip, zstd', 'zstd'],
    ['zstd;q=0.2, gzip', 'gzip'],
    ['*', 'zstd'],
    ['gzip;q=0, *;q=0', undefined],
    ['zstd;q=0, *', 'gzip'],
    ['br', undefined],
  ])('for Accept-Encoding %j is %s', (acceptEncoding, coding) => {
    expect(preferredCoding(acceptEncoding, ['zstd', 'gzip'])).toBe(coding)
  })
})
