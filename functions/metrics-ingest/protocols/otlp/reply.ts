// OTLP/HTTP's answers, in the request's own type: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
import { internal, type Problem } from '@penstock/shared/base/problem.ts'
import type { Reply } from '@penstock/shared/http/service.ts'
import { type Decoded, quoted } from '../collector.ts'
import { lengthField, varintField } from '../protobuf-reader.ts'
import { firstReasons } from '../reasons.ts'
import { droppedByOtlp, transientStatus } from '../transient-status.ts'

const OTLP_JSON = 'application/json'
const OTLP_PROTOBUF = 'application/x-protobuf'

const PARTIAL_SUCCESS = lengthField(1)
const REJECTED_DATA_POINTS = varintField(1)
const ERROR_MESSAGE = lengthField(2)

const STATUS_MESSAGE = lengthField(2)

/** Returns true when a request's content type is JSON; otherwise it is Protocol Buffers. */
export const isOtlpJson = (contentType: string | undefined): boolean =>
  contentType?.split(';', 1)[0]?.trim().toLowerCase() === OTLP_JSON

/**
 * Answers 200 when everything is stored, and also for a partial success, which counts the refused data points. A partial success without
 * refused points is a warning: it names the attributes that were not stored in labels. `Penstock-Ignored` counts ignored values.
 */
export function otlpReply(
  json: boolean,
  { rejections, ignored, leftOut }: Pick<Decoded, 'rejections' | 'ignored' | 'leftOut'>,
): Reply {
  const rejected = rejections.length
  const reasons = rejected === 0 ? [] : [firstReasons(rejections, () => '')]
  const message = [...reasons, ...(leftOut ? [warning(leftOut)] : [])].join('. ')
  const headers = ignored > 0 ? { 'penstock-ignored': String(ignored) } : {}
  if (json) {
    // 64-bit integers are strings in the JSON of Protocol Buffers.
    const partialSuccess = { rejectedDataPoints: String(rejected), errorMessage: message }
    return { json: message === '' ? {} : { partialSuccess }, headers }
  }
  if (message === '') return { bytes: Buffer.alloc(0), type: OTLP_PROTOBUF, headers }
  const partial = Buffer.concat([varints(REJECTED_DATA_POINTS, rejected), field(ERROR_MESSAGE, Buffer.from(message))])
  return { bytes: field(PARTIAL_SUCCESS, partial), type: OTLP_PROTOBUF, headers }
}

const NAMED = 5

/** The warning is sent once; the metrics are stored. */
function warning(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  const attributes = names.slice(0, NAMED).map(quoted).join(', ')
  return `The metrics are stored without the resource attributes ${attributes}${more}: labels may have at most 4096 bytes and must not contain NUL. Series that differ only in these attributes are merged. Remove or shorten the attributes`
}

/**
 * Makes a google.rpc.Status. An exporter retries 503 and drops points that are answered with 500, so our failures are 503, like transient
 * refusals.
 */
export function otlpFailure(json: boolean, problem: Problem): Reply {
  const { kind, detail } = problem
  const retried = { status: 503, headers: { 'retry-after': '5' } }
  const reply = kind === internal ? retried : transientStatus(problem, droppedByOtlp)
  if (json) return { ...reply, json: { message: detail } }
  return { ...reply, bytes: field(STATUS_MESSAGE, Buffer.from(detail)), type: OTLP_PROTOBUF }
}

const field = (tag: number, content: Buffer): Buffer => Buffer.concat([varints(tag, content.length), content])

function varints(...numbers: readonly number[]): Buffer {
  const bytes: number[] = []
  for (let number of numbers) {
    for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128)
    bytes.push(number)
  }
  return Buffer.from(bytes)
}
