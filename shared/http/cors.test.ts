import { describe, expect, it } from 'vitest'
import { corsHeaders, preflightHeaders } from './cors.ts'

describe('cross-origin headers', () => {
  it('allow every origin where the setting says so', () => {
    expect(corsHeaders(['*'], 'https://a.example')['access-control-allow-origin']).toBe('*')
    expect(corsHeaders(['*'], undefined)['access-control-allow-origin']).toBe('*')
  })

  it('name the origin that is in the list', () => {
    expect(
      corsHeaders(['https://a.example', 'https://b.example'], 'https://b.example')['access-control-allow-origin'],
    ).toBe('https://b.example')
  })

  it.each(['https://c.example', 'https://a.example.evil', 'http://a.example', 'null', undefined])(
    'allow nothing to %s',
    (origin) => {
      expect(corsHeaders(['https://a.example'], origin)).not.toHaveProperty('access-control-allow-origin')
    },
  )

  it('allow nothing by default', () => {
    expect(corsHeaders([], 'https://a.example')).not.toHaveProperty('access-control-allow-origin')
  })

  it('tell caches that the origin matters, whether it is allowed or not', () => {
    for (const origins of [['*'], [], ['https://a.example']])
      expect(corsHeaders(origins, 'https://a.example')['vary']).toBe('Origin')
  })

  it('expose what pages need to read', () => {
    expect(corsHeaders(['*'], undefined)['access-control-expose-headers']).toBe(
      'Link, ETag, Retry-After, X-Request-Id, X-Request-Time, Penstock-Source, Penstock-Ignored, Preference-Applied, RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset',
    )
  })

  it('let a preflight pass for two hours with the methods of the path and our headers', () => {
    const headers = preflightHeaders(['GET', 'PUT'])
    expect(headers).toMatchObject({
      'access-control-allow-methods': 'GET, PUT, OPTIONS',
      'access-control-max-age': '7200',
    })
    const allowed = headers['access-control-allow-headers']?.toLowerCase().split(', ')
    expect(allowed).toEqual(
      expect.arrayContaining([
        'authorization',
        'x-api-key',
        'content-type',
        'content-encoding',
        'idempotency-key',
        'prefer',
        'if-match',
        'traceparent',
        'tracestate',
        'baggage',
        'b3',
        'x-b3-traceid',
        'x-cloud-trace-context',
      ]),
    )
  })
})
