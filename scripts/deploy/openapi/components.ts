// The parts of the API document that no contract contains: headers, ways to authenticate, the form of a problem.
import { ENTRY_BYTES } from '@penstock/shared/base/wire.ts'

const text = { type: 'string' }

export const headers = {
  ETag: { description: 'The version of the answer.', schema: text },
  Link: {
    description: 'The next page (RFC 8288, `rel="next"`), relative to the origin; absent on the last page.',
    schema: text,
  },
  'Penstock-Ignored': { description: 'What was left out of the request, and why nothing failed for it.', schema: text },
  'Penstock-Source': { description: 'Where the answer was read from.', schema: text },
  'Preference-Applied': { description: 'The preference that was honoured (RFC 7240).', schema: text },
  'Retry-After': { description: 'Seconds after which a retry may succeed.', schema: { type: 'integer', minimum: 0 } },
  'WWW-Authenticate': { description: 'The way to authenticate (RFC 6750).', schema: text },
}

export const requestHeaders = {
  'Idempotency-Key': {
    description:
      'Makes the request safe to repeat for 24 hours: the same key with the same payload gets an equal answer, and nothing is written twice.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  },
  'If-Match': { description: 'The ETag that has to be current; otherwise nothing changes (412).', schema: text },
  'If-None-Match': { description: 'ETags of answers that the client has: if one is current, 304.', schema: text },
  Prefer: {
    description:
      '`return=minimal`: the number of points instead of the points. `handling=lenient`: the good entries are stored and the others are listed.',
    schema: text,
  },
}

export const problem = {
  type: 'object',
  description: 'A failure (RFC 9457).',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'The kind of problem, as `urn:penstock:problem:<kind>`.' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'What is wrong, where, and what to do.' },
    errors: {
      type: 'array',
      maxItems: 100,
      description: 'Each rule that was broken.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: {
            type: 'string',
            description: "A JSON pointer into the body, `?name` for a query parameter, or a header's name.",
          },
          detail: { type: 'string' },
        },
      },
    },
  },
}

export const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: "An API key or a user's token (JWT).",
  },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
  oidc: {
    type: 'openIdConnect',
    openIdConnectUrl: 'https://accounts.google.com/.well-known/openid-configuration',
    description: 'An ID token of a Google service account: Cloud Scheduler, a Pub/Sub subscription.',
  },
}

export const tags: Readonly<Partial<Record<string, string>>> = {
  backfill: 'Jobs over ranges of blocks, and the workers that share a job.',
  compaction: 'Moves points from the log into chunks. For operators and Cloud Scheduler.',
  console: 'This document and its reference page.',
  feedback: 'Ratings, comments and flags of insights.',
  'metrics-ingest': 'Storing points: JSON, OpenTelemetry, InfluxDB, Prometheus and Pub/Sub.',
  'metrics-query': 'Reading points, aggregates and series.',
  partitions: 'Partitions of the point tables. For operators and Cloud Scheduler.',
  promql: 'The Prometheus HTTP API: PromQL over the stored points.',
  retention: 'Archiving, deletion, verification and legal holds. For operators and Cloud Scheduler.',
  rollups: 'Hourly roll-ups. For operators and Cloud Scheduler.',
}

export const introduction = [
  'Penstock stores sensor and system metrics, backfill jobs and feedback, for many tenants.',
  '',
  'Times are RFC 3339, answered in UTC with microseconds and `Z`. A field that is sent as `null` counts as not sent; fields that are not known are ignored.',
  'Lengths count code points. A body may be gzipped. An answer is compressed where `Accept-Encoding` allows it.',
  'Every GET is also answered to HEAD, with the same status and headers and without the body. An answer to GET has an `ETag`, and `If-None-Match` with that ETag gets 304 while the answer is the same.',
  '',
  `A body without a list has at most ${ENTRY_BYTES / 1024} KiB, with one 32 MiB, before and after inflation. Failures are problems (RFC 9457), except on the routes of third-party protocols.`,
].join('\n')
