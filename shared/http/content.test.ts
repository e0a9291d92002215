import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkContentType, readEncoding } from './content.ts'

const json = { body: z.unknown() }
const unsupported = expect.objectContaining({ kind: expect.objectContaining({ status: 415 }) })

describe('a content type', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    undefined,
  ])('is taken where JSON is expected: %s', (type) => {
    expect(() => checkContentType(json, { 'content-type': type })).not.toThrow()
  })

  it.each([
    'text/plain',
    '',
    'application/xml',
    'application/jsonp',
    'multipart/form-data; boundary=x',
    'application/json; charset=latin1',
  ])('is refused where JSON is expected: %j', (type) => {
    expect(() => checkContentType(json, { 'content-type': type })).toThrow(unsupported)
  })

  it('is any where a route takes bytes and names none', () => {
    expect(() => checkContentType({}, { 'content-type': 'application/octet-stream' })).not.toThrow()
  })

  it('is one of those that a route names', () => {
    const route = { accepts: ['application/json', 'application/cloudevents+json'] }
    expect(() =>
      checkContentType(route, { 'content-type': 'application/cloudevents+json; charset=utf-8' }),
    ).not.toThrow()
    expect(() => checkContentType(route, { 'content-type': 'application/x-protobuf' })).toThrow(unsupported)
  })
})

describe('a content encoding', () => {
  it.each([
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['identity', 'identity'],
    ['', 'identity'],
    [undefined, 'identity'],
  ])('%j is understood', (encoding, understood) => {
    expect(readEncoding({}, { 'content-encoding': encoding })).toBe(understood)
  })

  it.each(['compress', 'br', 'snappy', 'zstd', 'deflate', 'gzip, gzip', 'gzip, identity'])(
    '%s is refused',
    (encoding) => {
      expect(() => readEncoding({}, { 'content-encoding': encoding })).toThrow(unsupported)
    },
  )

  it.each(['snappy', 'Snappy', '', undefined])('%j is snappy where a route takes nothing else', (encoding) => {
    expect(readEncoding({ encoding: 'snappy' }, { 'content-encoding': encoding })).toBe('snappy')
  })

  it.each(['gzip', 'identity', 'zstd'])('%s is refused where a route takes snappy', (encoding) => {
    expect(() => readEncoding({ encoding: 'snappy' }, { 'content-encoding': encoding })).toThrow(unsupported)
  })
})
