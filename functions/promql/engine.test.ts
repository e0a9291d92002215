// The promises of the engine beyond equality with Prometheus: limits, documented differences, and answers computed by hand.
import { describe, expect, it } from 'vitest'
import { memoryEngine } from '../../test/support/promql/memory-engine.ts'
import { mutatedExpressions } from '../../test/support/promql/random-expressions.ts'
import { exampleSeries, START_MS } from '../../test/support/promql/samples.ts'

const MINUTE = 60_000
const counter = {
  labels: { __name__: 'requests', job: 'api' },
  at: [0, 1, 2, 3, 4, 5].map((i) => START_MS + i * MINUTE),
  value: [0, 60, 120, 30, 90, 150],
}
const engine = memoryEngine([counter])
const valueOf = (query: string, minutes: number): unknown => {
  const { data } = engine.instant(query, START_MS + minutes * MINUTE)
  return (data as { result: readonly { value: readonly unknown[] }[] }).result[0]?.value[1]
}

describe('an instant query', () => {
  it.each([
    ['requests', 2, '120'],
    ['requests', 10, '150'],
    ['requests', 10.001, undefined],
    ['increase(requests[2m])', 2, '120'],
    ['increase(requests[5m])', 5, '270'],
    ['rate(requests[5m])', 5, '0.9'],
    ['resets(requests[5m])', 5, '1'],
    ['avg_over_time(requests[2m])', 2, '60'],
    ['quantile_over_time(0.25, requests[4m])', 4, '30'],
    ['requests offset 1m', 2, '60'],
    ['sum(requests) by (job) / 3', 1, '20'],
    ['max_over_time(requests[5m:90s])', 5, '90'],
    ['sum_over_time(requests[2m:1m])', 4.5, '120'],
  ])('answers %s after %d minutes with %s', (query, minutes, value) => {
    expect(valueOf(query, minutes)).toBe(value)
  })
})

describe('a range query', () => {
  it('has a value for each step at which there is one, the last step included', () => {
    const range = { start: START_MS - MINUTE, end: START_MS + 2 * MINUTE, step: MINUTE }
    expect(engine.range('requests', range).data).toEqual({
      resultType: 'matrix',
      result: [
        {
          metric: counter.labels,
          values: [0, 60, 120].map((value, i) => [START_MS / 1_000 + i * 60, String(value)]),
        },
      ],
    })
  })

  const valuesOf = (query: string, fromMinute: number, toMinute: number): readonly string[] => {
    const range = { start: START_MS + fromMinute * MINUTE, end: START_MS + toMinute * MINUTE, step: MINUTE }
    const { data } = engine.range(query, range)
    return (data as { result: readonly { values: readonly [number, string][] }[] }).result.flatMap(({ values }) =>
      values.map(([at, value]) => `${at / 60 - START_MS / MINUTE} ${value}`),
    )
  }

  it('looks back five minutes at each step', () => {
    expect(valuesOf('requests', 8, 13)).toEqual(['8 150', '9 150', '10 150'])
  })

  it('takes the points of before with an offset, and those of after with a negative one', () => {
    expect(valuesOf('requests offset 2m', 1, 4)).toEqual(['2 0', '3 60', '4 120'])
    expect(valuesOf('requests offset -2m', 0, 2)).toEqual(['0 120', '1 30', '2 90'])
    expect(valuesOf('increase(requests[1m] offset 2m)', 2, 4)).toEqual(['3 60', '4 60'])
  })

  it('refuses a range vector', () => {
    expect(engine.range('requests[5m]', { start: 0, end: 1, step: 1 })).toMatchObject({
      errorType: 'bad_data',
      error: 'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    })
  })
})

describe('where it differs from Prometheus 2.42 on purpose', () => {
  const at = START_MS + 5 * MINUTE

  it('takes a string in parentheses', () => {
    expect(engine.instant('("text")', at).data).toMatchObject({ resultType: 'string' })
  })

  it('predicts from a fixed range at every step of a range query', () => {
    const range = { start: START_MS, end: at, step: MINUTE }
    const { data } = engine.range(`predict_linear(requests[2m] @ ${START_MS / 1_000 + 120}, 0)`, range)
    expect((data as { result: readonly { values: unknown[] }[] }).result[0]?.values).toHaveLength(6)
  })

  it('has no calendar for what is not a number', () => {
    expect(engine.instant('hour(vector(NaN))', at).data).toMatchObject({ result: [{ value: [at / 1_000, 'NaN'] }] })
  })
})

describe('the limit of samples', () => {
  it('counts cells of every step of every series', () => {
    const steps = { start: START_MS, end: START_MS + 99 * 1_000, step: 1_000 }
    expect(memoryEngine([counter], 100).range('requests', steps).status).toBe('success')
    expect(memoryEngine([counter], 99).range('requests', steps)).toMatchObject({
      errorType: 'execution',
      error: expect.stringMatching(/^query processing would load too many samples into memory/),
    })
  })
})

it('answers or refuses whatever is asked', () => {
  const whole = memoryEngine(exampleSeries(), 2_000_000)
  const range = { start: START_MS, end: START_MS + 60 * MINUTE, step: 5 * MINUTE }
  const statuses = new Set<string>()
  for (const query of mutatedExpressions('hostile promql', 1_500)) {
    const answer = whole.range(query, range)
    statuses.add(answer.errorType ?? answer.status)
  }
  expect([...statuses].toSorted()).toEqual(['bad_data', 'execution', 'success'])
})
