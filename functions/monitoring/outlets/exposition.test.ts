import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expose, type Family } from './exposition.ts'
import { readRefusal } from './refusals.ts'

const families: readonly Family[] = [
  { name: 'penstock_up', type: 'gauge', help: 'One line.', samples: [{ value: 1 }] },
  { name: 'penstock_empty', type: 'gauge', help: 'Left out.', samples: [] },
  {
    name: 'penstock_requests',
    type: 'counter',
    help: 'A \\ and\na line.',
    samples: [{ labels: { a: 'x"\\\n' }, value: 2 }],
  },
  {
    name: 'penstock_time_seconds',
    type: 'histogram',
    help: 'Times.',
    samples: [
      { suffix: '_bucket', labels: { le: '0.5' }, value: 1 },
      { suffix: '_bucket', labels: { le: '+Inf' }, value: 2 },
      { suffix: '_sum', value: 1.5 },
      { suffix: '_count', value: 2 },
    ],
  },
]

describe('the exposition', () => {
  it('of Prometheus names a counter by its samples', () => {
    expect(expose(families, 'prometheus').split('\n')).toEqual([
      '# HELP penstock_up One line.',
      '# TYPE penstock_up gauge',
      'penstock_up 1',
      '# HELP penstock_requests_total A \\\\ and\\na line.',
      '# TYPE penstock_requests_total counter',
      'penstock_requests_total{a="x\\"\\\\\\n"} 2',
      '# HELP penstock_time_seconds Times.',
      '# TYPE penstock_time_seconds histogram',
      'penstock_time_seconds_bucket{le="0.5"} 1',
      'penstock_time_seconds_bucket{le="+Inf"} 2',
      'penstock_time_seconds_sum 1.5',
      'penstock_time_seconds_count 2',
      '',
    ])
  })

  it('of OpenMetrics names it without its suffix, and has an end', () => {
    const text = expose(families, 'openmetrics')
    expect(text).toContain('# TYPE penstock_requests counter\npenstock_requests_total{')
    expect(text.endsWith('# EOF\n')).toBe(true)
  })

  it('writes numbers that are not finite', () => {
    const samples = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN].map((value, i) => ({
      labels: { i: `${i}` },
      value,
    }))
    expect(expose([{ name: 'penstock_x', type: 'gauge', help: 'X.', samples }], 'prometheus')).toContain(
      'penstock_x{i="0"} +Inf\npenstock_x{i="1"} -Inf\npenstock_x{i="2"} NaN\n',
    )
  })

  const promtool = '/usr/bin/promtool'
  it.skipIf(!existsSync(promtool))('has nothing that promtool objects to', () => {
    expect(execFileSync(promtool, ['check', 'metrics'], { input: expose(families, 'prometheus') }).toString()).toBe('')
  })
})

describe('a refusal', () => {
  it('is about the series that it names, with the reason of each', () => {
    const text =
      'One or more TimeSeries could not be written: Points must be written in order. One or more of the points specified had an older end time than the most recent point.: timeSeries[0,2-3]; Value type for metric x must be INT64, but is DOUBLE.: timeSeries[5]'
    const { skipped, errors } = readRefusal(`3 INVALID_ARGUMENT: ${text}`, 6)
    expect([...skipped]).toEqual([0, 2, 3])
    expect([...errors]).toEqual([[5, expect.stringContaining('must be INT64')]])
  })

  it('is about all series when it names none, and ignores numbers that are not of the request', () => {
    expect([...readRefusal('14 UNAVAILABLE: no connection', 2).errors.keys()]).toEqual([0, 1])
    const far = readRefusal('written more frequently: timeSeries[0-99999999999]', 2)
    expect([[...far.skipped], far.errors.size]).toEqual([[0, 1], 0])
  })
})
