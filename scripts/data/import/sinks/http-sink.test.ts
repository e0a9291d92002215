import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createChunk } from '../chunk.ts'
import { emptyReport, type Outcome } from '../report.ts'
import { toBatches } from './http-batches.ts'
import { openHttpSink } from './http-sink.ts'

/** A chunk with a point on each line from 2 on. */
function chunkOf(count: number, labels = '{}') {
  const builder = createChunk(1)
  for (let i = 0; i < count; i++) builder.add(0, i, i, i + 2)
  const series = [{ service: 'a "b"', type: 't', unit: 'C', labels }]
  return builder.finish(series, { bytes: 1, lines: 1 }, true)
}
const sizes = (count: number, labels?: string) =>
  toBatches(chunkOf(count, labels)).map((batch) => [batch.first, batch.count])

describe('the points of a chunk', () => {
  it('go in batches of 10,000 at most, in the order of the file', () => {
    expect(sizes(0)).toEqual([])
    expect(sizes(10_000)).toEqual([[0, 10_000]])
    expect(sizes(10_001)).toEqual([
      [0, 10_000],
      [10_000, 1],
    ])
  })

  it('go in smaller batches where a body would be too large', () => {
    const batches = sizes(10_000, JSON.stringify({ text: 'x'.repeat(4_000) }))
    expect(batches.length).toBeGreaterThan(4)
    expect(batches.reduce((sum, [, count = 0]) => sum + count, 0)).toBe(10_000)
  })

  it('are metrics of the wire', () => {
    expect(JSON.parse(toBatches(chunkOf(1, '{"site":"ü"}'))[0]?.body ?? '')).toEqual([
      {
        service_name: 'a "b"',
        metric_type: 't',
        unit: 'C',
        metric_metadata: { site: 'ü' },
        timestamp: '1970-01-01T00:00:00.000000Z',
        metric_value: 0,
      },
    ])
  })

  it('are told of by their lines, in whichever batch they were', async () => {
    const answering = async (_: string, { body }: RequestInit = {}) => {
      const entries = JSON.parse(gunzipSync(body as Buffer).toString()) as unknown[]
      const rejected = [{ index: entries.length - 1, code: 'too_old', detail: 'is too old' }]
      return new Response(JSON.stringify({ accepted: entries.length - 2, deferred: 0, rejected }))
    }
    const deps = { fetch: answering as never as typeof fetch, pause: async () => {}, say: () => {} }
    const sink = openHttpSink(deps, { url: 'http://x', key: 'k' }, undefined)
    let outcome: Outcome | undefined
    const prepared = await sink.prepare('00', chunkOf(15_000))
    await prepared.store((result) => {
      outcome = result
      return { position: { bytes: 1, lines: 1 }, report: emptyReport, done: true }
    })
    expect(outcome).toMatchObject({ stored: 14_996, deferred: 0, collapsed: 2 })
    expect(outcome?.refused.map(({ line }) => line)).toEqual([10_001, 15_001])
  })
})
