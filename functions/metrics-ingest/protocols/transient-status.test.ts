import { Problem, tooMany, tooSlow } from '@penstock/shared/base/problem.ts'
import { describe, expect, it } from 'vitest'
import { routes } from '../contract.ts'
import { foreignFailure } from './foreign-routes.ts'

const { otlp, influxV1, influxV2, influxStatement, remoteWrite } = routes
const slow = new Problem(tooSlow, 'The body arrived at less than 1024 bytes a second.')

describe('a refusal of what succeeds later', () => {
  it.each([
    [remoteWrite.path, 503, 503],
    [otlp.path, 503, 503],
    [influxV1.path, 429, 503],
    [influxV2.path, 429, 503],
    [influxStatement.path, 429, 503],
  ])('on %s has a status that its clients repeat: %i over a share, %i for a slow body', (path, overShare, slowBody) => {
    const route = { path } as Parameters<typeof foreignFailure>[1]
    for (const type of ['application/json', 'application/x-protobuf']) {
      const [first, second] = [tooMany('Too many.'), slow].map((it) =>
        foreignFailure(it, route, { 'content-type': type }),
      )
      expect([first?.status, second?.status]).toEqual([overShare, slowBody])
      expect(second?.headers?.['retry-after']).toBe('1')
    }
  })
})
