// Measures the time to decode 10,000 data points, and that of the same points in our own JSON. It is a program of its own, because the
// test runner's imports are slower to call.

import { atOnce } from '@penstock/shared/base/unhurried.ts'
import { judgeEntries } from '@penstock/shared/points/verdicts.ts'
import { decodeOtlpProtobuf } from '../../../functions/metrics-ingest/protocols/otlp/protobuf.ts'
import { decodeContext, NOON_MS } from './decode-context.ts'
import { encodeOtlp } from './otlp-schema.ts'

const POINTS = 10_000
const ROUNDS = 40

const { tenant, limits, now } = decodeContext()
const rooms = Array.from({ length: POINTS }, (_, i) => ({ room: String(100 + (i % 100)), ms: NOON_MS + i }))
const dataPoints = rooms.map(({ room, ms }, i) => ({
  attributes: [
    { key: 'building', value: { stringValue: 'north' } },
    { key: 'room', value: { stringValue: room } },
  ],
  timeUnixNano: `${ms}000000`,
  asDouble: 20 + i / 8,
}))
const attributes = [{ key: 'service.name', value: { stringValue: 'gateway' } }]
const metrics = [{ name: 'temperature', unit: 'Cel', gauge: { dataPoints } }]
const otlp = encodeOtlp({ resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] })
const own = Buffer.from(
  JSON.stringify(
    rooms.map(({ room, ms }, i) => ({
      service_name: 'gateway',
      metric_type: 'temperature',
      metric_value: 20 + i / 8,
      unit: 'Cel',
      timestamp: new Date(ms).toISOString(),
      metric_metadata: { building: 'north', room },
    })),
  ),
)

/** Returns the milliseconds of one piece of work. */
function time(work: () => number): number {
  const begun = performance.now()
  if (work() !== POINTS) throw new Error('not every point was read')
  return performance.now() - begun
}

// The minimum of alternating runs, so that the load of a busy machine does not count.
const ownMs: number[] = []
const otlpMs: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  ownMs.push(time(() => judgeEntries(JSON.parse(own.toString()) as unknown[], tenant, limits, now).points.length))
  otlpMs.push(time(() => atOnce(decodeOtlpProtobuf(decodeContext(), otlp)).points.length))
}
console.log(JSON.stringify({ own_ms: Math.min(...ownMs), otlp_ms: Math.min(...otlpMs) }))
