import { describe, expect, it } from 'vitest'
import { readTrace } from './trace.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

describe('the trace of a request', () => {
  it.each([`00-${traceId}-${spanId}-02`, `01-${traceId}-${spanId}-00-later`, ` 00-${traceId}-${spanId}-00 `])(
    'is read from traceparent: %j',
    (traceparent) => {
      expect(readTrace({ traceparent })).toEqual({ traceId, spanId })
    },
  )

  it.each(['01', '03', 'ff'])('is sampled where the lowest bit of the flags %s is set', (flags) => {
    expect(readTrace({ traceparent: `00-${traceId}-${spanId}-${flags}` })).toEqual({ traceId, spanId, sampled: true })
  })

  it.each([
    'zz-zz',
    '',
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
  ])('is not read from the traceparent %j', (traceparent) => {
    expect(readTrace({ traceparent })).toBeUndefined()
  })

  it('is read from the header of the front ends, whose span is decimal', () => {
    expect(readTrace({ 'x-cloud-trace-context': `${traceId}/255;o=1` })).toEqual({
      traceId,
      spanId: '00000000000000ff',
      sampled: true,
    })
    expect(readTrace({ 'x-cloud-trace-context': `${traceId}/255;o=0` })?.sampled).toBeUndefined()
    expect(readTrace({ 'x-cloud-trace-context': traceId.toUpperCase() })).toEqual({ traceId })
    expect(readTrace({ 'x-cloud-trace-context': `${traceId}/18446744073709551615` })).toEqual({
      traceId,
      spanId: 'f'.repeat(16),
    })
  })

  it.each(['nonsense', `${'0'.repeat(32)}/1`, `${traceId}/x`])('is not read from x-cloud-trace-context: %s', (text) => {
    expect(readTrace({ 'x-cloud-trace-context': text })).toBeUndefined()
  })

  it('leaves out a span that no 64 bits hold', () => {
    expect(readTrace({ 'x-cloud-trace-context': `${traceId}/18446744073709551616` })).toEqual({ traceId })
  })

  it('is that of traceparent where both are sent, unless that is nonsense', () => {
    const google = { 'x-cloud-trace-context': `${'a'.repeat(32)}/1` }
    expect(readTrace({ traceparent: `00-${traceId}-${spanId}-01`, ...google })?.traceId).toBe(traceId)
    expect(readTrace({ traceparent: 'nonsense', ...google })?.traceId).toBe('a'.repeat(32))
  })
})
