// Valid requests of ingest, and rows of its tables.
import type { ExampleChance, Examples, ExampleWorld, MakeRows } from '@penstock/shared/base/examples.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { pushRoutes, routes } from './contract.ts'
import { lines, otlpJson, otlpProtobuf, otlpTypes, remoteWrite, remoteWriteHeaders } from './foreign-examples.ts'

export const requests: Examples<typeof routes> = {
  one: [
    (world, chance) => ({ json: metric(world, chance) }),
    (world, chance) => ({ headers: [['Prefer', 'return=minimal']], json: metric(world, chance) }),
    (world, chance) => ({
      headers: [['Idempotency-Key', `key-${chance.below(1_000)}`]],
      json: { ...metric(world, chance), timestamp: null },
    }),
  ],
  batch: [
    (world, chance) => ({ json: metrics(world, chance) }),
    (world, chance) => ({ headers: [['Prefer', 'handling=lenient']], json: metrics(world, chance) }),
    (world, chance) => ({
      headers: [
        ['Prefer', 'return=minimal'],
        ['Idempotency-Key', `key-${chance.below(1_000)}`],
      ],
      json: metrics(world, chance),
    }),
  ],
  otlp: [
    (world, chance) => ({ headers: otlpTypes.json, json: otlpJson(world, chance) }),
    (world, chance) => ({ headers: otlpTypes.protobuf, bytes: otlpProtobuf(world, chance) }),
  ],
  influxV2: [
    (world, chance) => ({
      query: [
        ['org', 'x'],
        ['bucket', 'y'],
        ['precision', 's'],
      ],
      headers: [['Content-Type', 'text/plain; charset=utf-8']],
      credential: 'token',
      bytes: lines(world, chance),
    }),
  ],
  influxV1: [
    (world, chance) => ({
      query: [
        ['db', 'x'],
        ['precision', 's'],
      ],
      credential: 'basic',
      bytes: lines(world, chance),
    }),
  ],
  ping: [() => ({}), () => ({ query: [['verbose', 'true']] })],
  influxStatement: [
    () => ({
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
      bytes: Buffer.from('q=CREATE+DATABASE+%22telegraf%22'),
    }),
  ],
  influxQuestion: [() => ({ query: [['q', 'SHOW+DATABASES']], credential: 'bearer' })],
  remoteWrite: [(world, chance) => ({ headers: remoteWriteHeaders, bytes: remoteWrite(world, chance) })],
}

export const pushRequests: Examples<typeof pushRoutes> = {
  push: [
    (world, chance) => ({
      ...pushed(world),
      json: metrics(world, chance),
      wrap: (data) => envelope(data, chance, world),
    }),
    (world, chance) => ({
      ...pushed(world),
      json: { metrics: metrics(world, chance) },
      wrap: (data) => ({ ...envelope(data, chance, world), deliveryAttempt: 2 }),
    }),
    (world, chance) => ({
      query: [['tenant', world.tenant]],
      credential: 'service',
      headers: unwrappedHeaders(world, chance),
      json: metric(world, chance),
    }),
    (world, chance) => ({
      headers: cloudEventHeaders(chance),
      json: metrics(world, chance),
      wrap: (data) => envelope(data, chance, world),
    }),
    (world, chance) => ({
      query: [['tenant', world.tenant]],
      credential: 'service',
      headers: [['Content-Type', 'application/cloudevents+json']],
      json: metrics(world, chance),
      wrap: (data) => ({
        specversion: '1.0',
        id: messageId(chance),
        type: 'google.cloud.pubsub.topic.v1.messagePublished',
        source: '//pubsub.googleapis.com/projects/local/topics/metrics',
        data: envelope(data, chance, world),
      }),
    }),
  ],
}

export const rows: MakeRows = () => ({
  dead_letter: [
    {
      source: 'pubsub:other',
      message_id: '1',
      reason: 'not_json',
      detail: 'kept',
      content_type: 'application/json',
      payload: '\\x00',
    },
  ],
})

const service = (chance: ExampleChance): string => `pump-${chance.below(5)}`

/** Few series and few instants, so that writes collide. */
function metric({ monthMs, planted }: ExampleWorld, chance: ExampleChance) {
  return {
    service_name: service(chance),
    metric_type: chance.pick(['temperature', 'pressure']),
    metric_value: chance.below(1_000) / 8,
    unit: 'C',
    timestamp: formatTimestamp((monthMs + chance.below(40_000) * 1_000) * 1_000),
    metric_metadata: { room: String(chance.below(4)), token: planted, nested: { list: [1, 'two', null, true] } },
  }
}

const metrics = (world: ExampleWorld, chance: ExampleChance) =>
  Array.from({ length: 1 + chance.below(8) }, () => metric(world, chance))

const pushed = ({ tenant }: ExampleWorld) =>
  ({
    query: [
      ['tenant', tenant],
      ['multi', '1'],
    ],
    credential: 'service',
  }) as const

const messageId = (chance: ExampleChance): string => String(1_000_000 + chance.below(1_000_000))

const envelope = (data: Uint8Array, chance: ExampleChance, { planted }: ExampleWorld) => ({
  message: {
    data: Buffer.from(data).toString('base64'),
    attributes: { origin: 'boiler house', password: planted },
    messageId: messageId(chance),
    message_id: messageId(chance),
    publishTime: '2026-11-20T17:09:01.123Z',
  },
  subscription: 'projects/local/subscriptions/metrics-push',
})

const unwrappedHeaders = ({ planted }: ExampleWorld, chance: ExampleChance) =>
  [
    ['x-goog-pubsub-message-id', messageId(chance)],
    ['x-goog-pubsub-subscription-name', 'projects/local/subscriptions/metrics-push'],
    ['x-goog-pubsub-publish-time', '2026-11-20T17:09:01.123Z'],
    ['x-goog-pubsub-origin', planted],
  ] as const

const cloudEventHeaders = (chance: ExampleChance) =>
  [
    ['ce-id', messageId(chance)],
    ['ce-specversion', '1.0'],
    ['ce-type', 'google.cloud.pubsub.topic.v1.messagePublished'],
    ['ce-source', '//pubsub.googleapis.com/projects/local/topics/metrics'],
  ] as const
