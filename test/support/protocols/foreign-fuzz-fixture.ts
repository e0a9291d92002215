// Decodes mutations of payloads and reports the results. It is a program of its own, because the test runner's imports are slower to
// call, and a decoder that never ends must be ended from outside.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { atOnce, type Pieces } from '@penstock/shared/base/unhurried.ts'
import { inflateSnappy, snappyLength } from '@penstock/shared/http/snappy.ts'
import type { DecodeContext, Decoded } from '../../../functions/metrics-ingest/protocols/collector.ts'
import { decodeLines } from '../../../functions/metrics-ingest/protocols/line-protocol.ts'
import { decodeOtlpJson } from '../../../functions/metrics-ingest/protocols/otlp/json.ts'
import { decodeOtlpProtobuf } from '../../../functions/metrics-ingest/protocols/otlp/protobuf.ts'
import { decodeRemoteWrite } from '../../../functions/metrics-ingest/protocols/remote-write.ts'
import { mutateBytes, mutateText } from '../../../scripts/lab/hostile/mutations/byte-mutations.ts'
import { seededRandom } from '../../../scripts/lab/random.ts'
import { decodeContext, statusOf } from './decode-context.ts'

type Decode = (context: DecodeContext, bytes: Buffer) => Pieces<Decoded>

const decoders: Readonly<Record<string, Decode>> = {
  'otlp-protobuf': decodeOtlpProtobuf,
  'otlp-json': decodeOtlpJson,
  'line-protocol': (context, bytes) => decodeLines(context, bytes, 'ms'),
  'remote-write': decodeRemoteWrite,
  snappy(context, bytes) {
    snappyLength(bytes, MAX_BYTES)
    return decodeRemoteWrite(context, atOnce(inflateSnappy(bytes)))
  },
}
const MAX_BYTES = 32 * 1024 * 1024
/** Growth is measured after this part, when code is compiled and caches with a maximum are full. */
const WARM_UP = 0.2

const [folder = '', protocol = '', count = '0'] = process.argv.slice(2)
const decode = decoders[protocol] as Decode
const payloads = readdirSync(folder).map((file) => readFileSync(join(folder, file)))
const statuses: Record<string, number> = {}
let slowestMs = 0

/** Runs the mutations from `from` to `to` (exclusive). */
function attack(from: number, to: number): void {
  for (let round = from; round < to; round++) {
    const random = seededRandom(`${protocol} ${round}`)
    let bytes: Buffer = random.pick(payloads)
    do bytes = random.chance(0.5) ? mutateBytes(bytes, random) : mutateText(bytes, random)
    while (random.chance(0.4))
    const now = Date.now() * 1_000
    // Measures the processor's time, so other work of the machine does not count.
    const begun = process.cpuUsage()
    const status = statusOf(() => atOnce(decode({ ...decodeContext(), now }, bytes)))
    slowestMs = Math.max(slowestMs, process.cpuUsage(begun).user / 1_000)
    statuses[status] = (statuses[status] ?? 0) + 1
  }
}

function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const warm = Math.floor(Number(count) * WARM_UP)
attack(0, warm)
const before = heldBytes()
attack(warm, Number(count))
console.log(JSON.stringify({ statuses, slowest_ms: Math.round(slowestMs), grown_kib: (heldBytes() - before) / 1_024 }))
