// Mutated requests of real clients: a decoder accepts or refuses each one soon, and retains nothing of it.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { InfluxDB, Point } from '@influxdata/influxdb-client'
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { atOnce } from '@penstock/shared/base/unhurried.ts'
import { inflateSnappy } from '@penstock/shared/http/snappy.ts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { remoteWrite } from '../functions/metrics-ingest/foreign-examples.ts'
import { seededRandom } from '../scripts/lab/random.ts'
import { isPrometheusInstalled, startPrometheus } from './support/programs/prometheus.ts'
import { fuzzRounds } from './support/protocols/decode-context.ts'

const program = join(import.meta.dirname, 'support/protocols/foreign-fuzz-fixture.ts')
/** Limit of processor time: the largest request takes less than a tenth of it. */
const SLOWEST_MS = 2_000
const GROWN_KIB = 1_024

let folder: string
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    received.push(Buffer.concat(chunks))
    response.writeHead(request.url === '/v1/metrics' ? 200 : 204).end()
  })
})
let received: Buffer[] = []
let base: string
let blocks: readonly Buffer[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penstock-fuzz-'))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  blocks = await byPrometheus()
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

/** Bodies that are posted while the work is done. */
async function capture(work: () => Promise<void>): Promise<readonly Buffer[]> {
  received = []
  await work()
  return received
}

const bySdk = (Exporter: typeof JsonExporter | typeof ProtobufExporter) => async (): Promise<readonly Buffer[]> =>
  await capture(async () => {
    const reader = new PeriodicExportingMetricReader({
      exporter: new Exporter({ url: `${base}/v1/metrics` }),
      exportIntervalMillis: 3_600_000,
    })
    const views = [{ instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const }]
    const provider = new MeterProvider({ readers: [reader], views })
    const meter = provider.getMeter('test', '1.2.3')
    for (const room of ['büro', 'a\nb', '']) meter.createGauge('temperature', { unit: 'Cel' }).record(21.5, { room })
    meter.createCounter('requests').add(3, { code: 200, ok: true, ratio: 0.5, list: ['a', 'b'] })
    meter.createUpDownCounter('depth').add(-2)
    for (const [i, value] of [0.05, 0.5, 5, 50].entries()) {
      meter.createHistogram('duration', { unit: 's' }).record(value, { i })
      meter.createHistogram('size').record(value)
    }
    await provider.forceFlush()
    await provider.shutdown()
  })

const byInflux = async (): Promise<readonly Buffer[]> =>
  await capture(async () => {
    const api = new InfluxDB({ url: base, token: 't' }).getWriteApi('org', 'bucket', 'ms', { gzipThreshold: 1e9 })
    const point = () => new Point('room temp,x').tag('sensor id', 'a=b,c').tag('ü', '日 本').timestamp(Date.now())
    api.writePoint(point().floatField('v', 1.5).intField('n', -7).booleanField('b', true))
    api.writePoint(point().uintField('u', '18446744073709551615').stringField('s', 'say "x", \\ and\nmore'))
    await api.close()
  })

/** Blocks of snappy: by Prometheus where it is installed, else as it writes them. */
async function byPrometheus(): Promise<readonly Buffer[]> {
  const yesterday = { monthMs: Date.now() - 86_400_000 } as Parameters<typeof remoteWrite>[0]
  const built = remoteWrite(yesterday, seededRandom('a request'))
  if (!isPrometheusInstalled) return [built]
  const own = join(folder, 'prometheus')
  await mkdir(own)
  const sent = await capture(async () => {
    const prometheus = await startPrometheus({ folder: own, key: 'k', writeTo: `${base}/api/v1/write` })
    await vi.waitUntil(() => received.length > 3, { timeout: 20_000 })
    await prometheus.stop()
  })
  return [built, ...sent.slice(0, 4)]
}

it.each([
  ['otlp-protobuf', bySdk(ProtobufExporter)],
  ['otlp-json', bySdk(JsonExporter)],
  ['line-protocol', byInflux],
  ['snappy', async () => blocks],
  ['remote-write', async () => blocks.map((block) => atOnce(inflateSnappy(block)))],
] as const)(
  'mutated %s is decoded or refused, never more',
  async (protocol, payloads) => {
    const own = join(folder, protocol)
    await mkdir(own)
    for (const [i, payload] of (await payloads()).entries()) await writeFile(join(own, String(i)), payload)
    const run = [program, own, protocol, String(fuzzRounds)]
    const { stdout } = await promisify(execFile)(process.execPath, run, { timeout: 25_000 + fuzzRounds * 20 })
    const seen = JSON.parse(stdout) as { statuses: Record<string, number>; slowest_ms: number; grown_kib: number }
    expect(seen.statuses['200']).toBeGreaterThan(0)
    expect([200, 400, 413]).toEqual(expect.arrayContaining(Object.keys(seen.statuses).map(Number)))
    expect(seen.slowest_ms).toBeLessThan(SLOWEST_MS)
    expect(seen.grown_kib).toBeLessThan(GROWN_KIB)
  },
  60_000 + fuzzRounds * 20,
)
