// The setting of the export of traces.
import { trustedUrl } from './trusted-url.ts'

export const tracesSettings = {
  /** The receiver of traces, by OTLP over HTTP with Protocol Buffers: `https://collector.example/v1/traces`. Absent: no traces. */
  OTLP_TRACES_ENDPOINT: trustedUrl.optional(),
} as const
