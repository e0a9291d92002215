// A receiver of traces by OTLP over HTTP, as strict as the protocol: it refuses what opentelemetry-proto's comments forbid.
import { createServer, type IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'
import { startServer } from '../http/http.ts'

/** The fields of opentelemetry-proto's traces. */
const SCHEMA = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ExportTraceServiceResponse { PartialSuccess partial_success = 1; }
message PartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
  repeated Event events = 11; uint32 dropped_events_count = 12; repeated Link links = 13; uint32 dropped_links_count = 14;
  Status status = 15; fixed32 flags = 16;
}
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`
const types = protobuf.parse(SCHEMA).root
const Request = types.lookupType('ExportTraceServiceRequest')
const Response = types.lookupType('ExportTraceServiceResponse')

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
  readonly startNano: bigint
  readonly endNano: bigint
  readonly statusCode: number
  readonly flags: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly resource: Readonly<Record<string, string | number | boolean>>
}

interface WireValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number
}
interface WireAttribute {
  readonly key: string
  readonly value?: WireValue
}
interface WireSpan {
  readonly traceId: Buffer
  readonly spanId: Buffer
  readonly parentSpanId: Buffer
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly WireAttribute[]
  readonly status: { readonly code: number } | null
  readonly flags: number
}
interface WireRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly WireAttribute[] } | null
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string } | null
      readonly spans: readonly WireSpan[]
    }[]
  }[]
}

class Refused extends Error {}
const demand = (holds: boolean, rule: string): void => {
  if (!holds) throw new Refused(rule)
}

const valuesOf = (attributes: readonly WireAttribute[]): ReceivedSpan['attributes'] => {
  const entries = attributes.map(({ key, value }) => {
    demand(key !== '', 'a key is not empty')
    const { stringValue, boolValue, intValue, doubleValue } = value ?? {}
    const found = stringValue ?? boolValue ?? (intValue === undefined ? doubleValue : Number(intValue))
    demand(found !== undefined, `the attribute ${key} has a value`)
    return [key, found as string | number | boolean] as const
  })
  demand(new Set(entries.map(([key]) => key)).size === entries.length, 'the keys of attributes are unique')
  return Object.fromEntries(entries)
}

function readSpans(body: Buffer): readonly ReceivedSpan[] {
  const message = Request.decode(body)
  const { resourceSpans } = Request.toObject(message, { longs: String, defaults: true }) as WireRequest
  const spans = resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const of = valuesOf(resource?.attributes ?? [])
    demand(typeof of['service.name'] === 'string' && of['service.name'] !== '', 'a resource has service.name')
    return scopeSpans.flatMap(({ scope, spans: some }) => {
      demand(scope !== null && scope.name !== '', 'a scope has a name')
      return some.map((span) => readSpan(span, of))
    })
  })
  demand(new Set(spans.map(({ spanId }) => spanId)).size === spans.length, 'the ids of spans are unique')
  return spans
}

function readSpan(span: WireSpan, resource: ReceivedSpan['resource']): ReceivedSpan {
  const [traceId, spanId, parentSpanId] = [span.traceId, span.spanId, span.parentSpanId].map((id) =>
    Buffer.from(id).toString('hex'),
  ) as [string, string, string]
  demand(/^[0-9a-f]{32}$/.test(traceId) && !/^0+$/.test(traceId), 'a trace id is 16 bytes, not all zero')
  demand(/^[0-9a-f]{16}$/.test(spanId) && !/^0+$/.test(spanId), 'a span id is 8 bytes, not all zero')
  demand(/^([0-9a-f]{16})?$/.test(parentSpanId) && parentSpanId !== spanId, 'a parent is another span, or none')
  demand(span.name !== '', 'a span has a name')
  demand(span.kind >= 1 && span.kind <= 5, 'a span has a kind')
  const [startNano, endNano] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)]
  demand(startNano > 0n && startNano <= endNano, 'a span ends after its beginning')
  const statusCode = span.status?.code ?? 0
  demand(statusCode >= 0 && statusCode <= 2, 'a status has one of three codes')
  const { name, kind, flags } = span
  const attributes = valuesOf(span.attributes)
  return { traceId, spanId, parentSpanId, name, kind, startNano, endNano, statusCode, flags, attributes, resource }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
}

export interface TraceReceiver {
  readonly endpoint: string
  /** One list for each accepted request. */
  readonly requests: readonly (readonly ReceivedSpan[])[]
  /** The rules that requests have broken. */
  readonly refusals: readonly string[]
  /** The answer to requests; `accept` is the default. */
  answer: 'accept' | 'never' | 503
  stop(): Promise<void>
}

/** Starts a receiver at `/v1/traces`. */
export async function startTraceReceiver(): Promise<TraceReceiver> {
  const requests: (readonly ReceivedSpan[])[] = []
  const refusals: string[] = []
  const server = createServer((request, response) => {
    void (async () => {
      if (receiver.answer === 'never') return
      if (receiver.answer === 503) return void response.writeHead(503).end()
      try {
        demand(request.method === 'POST' && request.url === '/v1/traces', 'the method is POST, the path /v1/traces')
        demand(request.headers['content-type'] === 'application/x-protobuf', 'the type is application/x-protobuf')
        const spans = readSpans(await bytesOf(request))
        demand(spans.length > 0, 'a request has spans')
        requests.push(spans)
        response.writeHead(200, { 'content-type': 'application/x-protobuf' })
        response.end(Buffer.from(Response.encode(Response.fromObject({})).finish()))
      } catch (error) {
        refusals.push((error as Error).message)
        response.writeHead(400).end()
      }
    })()
  })
  const { url, stop } = await startServer(server)
  const receiver: TraceReceiver = { endpoint: `${url}/v1/traces`, requests, refusals, answer: 'accept', stop }
  return receiver
}
