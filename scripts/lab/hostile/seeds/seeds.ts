// A valid request for each route of each function, which mutations begin with. Each is sent unchanged before and after the attack, and
// must succeed.

import type { Random } from '../../random.ts'
import type { Pairs } from '../mutations/draft.ts'
import { PLANTED, type World } from '../world.ts'
import { backfillSeeds } from './backfill-seeds.ts'
import { lines, otlpJson, otlpProtobuf, otlpTypes, remoteWrite, remoteWriteHeaders } from './foreign-seeds.ts'
import { asService, operationSeeds } from './operation-seeds.ts'
import type { MakeSeed } from './seed.ts'

/** Routes whose refusals are not problems, but have the form that their clients read. */
export const foreignRoutes: ReadonlySet<string> = new Set([
  'metrics-ingest.otlp',
  'metrics-ingest.influxV1',
  'metrics-ingest.influxV2',
  'metrics-ingest.influxStatement',
  'metrics-ingest.influxQuestion',
  'metrics-ingest.remoteWrite',
])

/** Seeds by function and key of the route in its contract. */
export const seeds: Readonly<Record<string, readonly MakeSeed[]>> = {
  ...backfillSeeds,
  'metrics-ingest.one': [
    (world, random) => ({ headers: writes(world), json: metric(world, random) }),
    (world, random) => ({ headers: [...writes(world), ['Prefer', 'return=minimal']], json: metric(world, random) }),
    (world, random) => ({
      headers: [...writes(world), ['Idempotency-Key', `key-${random.below(1_000)}`]],
      json: { ...metric(world, random), timestamp: null },
    }),
  ],
  'metrics-ingest.batch': [
    (world, random) => ({ headers: writes(world), json: metrics(world, random) }),
    (world, random) => ({ headers: [...writes(world), ['Prefer', 'handling=lenient']], json: metrics(world, random) }),
    (world, random) => ({
      headers: [...writes(world), ['Prefer', 'return=minimal'], ['Idempotency-Key', `key-${random.below(1_000)}`]],
      json: metrics(world, random),
    }),
  ],
  'metrics-ingest.otlp': [
    (world, random) => ({ headers: [...otlpTypes.json, ...asKey(world)], json: otlpJson(world, random) }),
    (world, random) => ({ headers: [...otlpTypes.protobuf, ...asKey(world)], bytes: otlpProtobuf(world, random) }),
  ],
  'metrics-ingest.influxV2': [
    (world, random) => ({
      query: [
        ['org', 'x'],
        ['bucket', 'y'],
        ['precision', 's'],
      ],
      headers: [
        ['Content-Type', 'text/plain; charset=utf-8'],
        ['Authorization', `Token ${world.keys.writer}`],
      ],
      bytes: lines(world, random),
    }),
  ],
  'metrics-ingest.influxV1': [
    (world, random) => ({
      query: [
        ['db', 'x'],
        ['precision', 's'],
      ],
      headers: [['Authorization', `Basic ${Buffer.from(`telegraf:${world.keys.writer}`).toString('base64')}`]],
      bytes: lines(world, random),
    }),
  ],
  'console.document': [() => ({ headers: [] }), () => ({ headers: [['If-None-Match', '*']] })],
  'console.reference': [() => ({ headers: [] })],
  'console.referenceStyle': [() => ({ headers: [] })],
  'metrics-ingest.ping': [() => ({ headers: [] }), () => ({ query: [['verbose', 'true']], headers: [] })],
  'metrics-ingest.influxStatement': [
    (world) => ({
      headers: [['Content-Type', 'application/x-www-form-urlencoded'], ...asKey(world)],
      bytes: Buffer.from('q=CREATE+DATABASE+%22telegraf%22'),
    }),
  ],
  'metrics-ingest.influxQuestion': [(world) => ({ query: [['q', 'SHOW+DATABASES']], headers: asKey(world) })],
  'metrics-ingest.remoteWrite': [
    (world, random) => ({ headers: [...remoteWriteHeaders, ...asKey(world)], bytes: remoteWrite(world, random) }),
  ],
  'metrics-ingest-pubsub.push': [
    (world, random) => ({ ...pushed(world), json: metrics(world, random), wrap: (data) => envelope(data, random) }),
    (world, random) => ({
      ...pushed(world),
      json: { metrics: metrics(world, random) },
      wrap: (data) => ({ ...envelope(data, random), deliveryAttempt: 2 }),
    }),
    (world, random) => ({
      query: tenantOf(world),
      headers: [...json, ...asService(world, 'metrics-ingest-pubsub'), ...unwrappedHeaders(random)],
      json: metric(world, random),
    }),
    (world, random) => ({
      headers: [...writes(world), ...cloudEventHeaders(random)],
      json: metrics(world, random),
      wrap: (data) => envelope(data, random),
    }),
    (world, random) => ({
      query: tenantOf(world),
      headers: [['Content-Type', 'application/cloudevents+json'], ...asService(world, 'metrics-ingest-pubsub')],
      json: metrics(world, random),
      wrap: (data) => ({
        specversion: '1.0',
        id: messageId(random),
        type: 'google.cloud.pubsub.topic.v1.messagePublished',
        source: '//pubsub.googleapis.com/projects/local/topics/metrics',
        data: envelope(data, random),
      }),
    }),
  ],
  'metrics-query.range': [
    (world) => ({ headers: reads(world), query: [...during(world), ['limit', '20']] }),
    (world, random) => ({
      headers: reads(world),
      query: [
        ...during(world),
        ['service_name', service(random)],
        ['metric_type', 'temperature'],
        ['unit', 'C'],
        ['labels.room', '2'],
        ['offset', '1'],
      ],
    }),
    (world) => ({
      headers: reads(world),
      query: [...during(world), ['limit', '1'], ...cursorOf(world, 'metrics-query.range')],
    }),
  ],
  'metrics-query.aggregate': [
    (world, random) => ({
      headers: reads(world),
      query: [
        ...during(world),
        ['service_name', service(random)],
        ['metric_type', 'temperature'],
        ['unit', 'C'],
        ['interval', random.pick(['hour', 'day', '15m', 'week', 'month'])],
      ],
    }),
    (world, random) => ({
      headers: reads(world),
      query: [
        ...during(world),
        ['service_name', service(random)],
        ['metric_type', 'temperature'],
        ['unit', 'C'],
        ['interval', 'hour'],
        ['group_by', 'room'],
        ['percentiles', '50,99.9'],
      ],
    }),
  ],
  'metrics-query.series': [
    (world) => ({ headers: reads(world), query: [['limit', '20']] }),
    (world, random) => ({
      headers: reads(world),
      query: [
        ['service_name', service(random)],
        ['limit', '1'],
        ['labels.room', '2'],
      ],
    }),
    (world) => ({ headers: reads(world), query: [['limit', '1'], ...cursorOf(world, 'metrics-query.series')] }),
  ],
  'feedback.rate': [
    (world, random) => ({ headers: writes(world), json: { ...speaker(random), rating: 1 + random.below(5) } }),
    (world, random) => ({
      headers: [...writes(world), ['Idempotency-Key', `rate-${random.below(1_000_000)}`]],
      json: { ...speaker(random), rating: 1 + random.below(5), comment: PLANTED },
    }),
  ],
  'feedback.comment': [
    (world, random) => ({ headers: writes(world), json: { ...speaker(random), comment: `too warm ${PLANTED}` } }),
  ],
  'feedback.flag': [
    (world, random) => ({
      headers: writes(world),
      json: {
        ...speaker(random),
        flag_type: random.pick(['inaccurate', 'misleading', 'spam']),
        flag_reason: PLANTED,
      },
    }),
  ],
  'feedback.stats': [(world, random) => ({ headers: reads(world), query: [['insight_id', insight(random)]] })],
  'feedback.comments': [
    (world, random) => ({
      headers: reads(world),
      query: [
        ['insight_id', insight(random)],
        ['limit', '5'],
        ['offset', '1'],
      ],
    }),
  ],
  'feedback.user': [
    (world, random) => ({
      headers: reads(world),
      query: [
        ['user_id', speaker(random).user_id],
        ['limit', '5'],
      ],
    }),
  ],
  ...operationSeeds,
}

const json: Pairs = [['Content-Type', 'application/json']]
const asKey = ({ keys }: World): Pairs => [['Authorization', `Bearer ${keys.writer}`]]
const writes = (world: World): Pairs => [...json, ...asKey(world)]
const reads = ({ keys }: World): Pairs => [['X-API-Key', keys.writer]]
const tenantOf = ({ tenant }: World): Pairs => [['tenant', tenant]]
const pushed = (world: World) => ({
  query: [...tenantOf(world), ['multi', '1']] as const,
  headers: [...json, ...asService(world, 'metrics-ingest-pubsub')],
})

const service = (random: Random): string => `pump-${random.below(5)}`

const insight = (random: Random): string => `insight-${random.below(5)}`
/** Few insights and few users, so that writes collide. */
const speaker = (random: Random) => ({ insight_id: insight(random), user_id: `user-${random.below(5)}` })

/** Few series and few instants, so that writes collide. */
function metric({ monthMs }: World, random: Random) {
  return {
    service_name: service(random),
    metric_type: random.pick(['temperature', 'pressure']),
    metric_value: random.below(1_000) / 8,
    unit: 'C',
    timestamp: new Date(monthMs + random.below(40_000) * 1_000).toISOString(),
    metric_metadata: { room: String(random.below(4)), token: PLANTED, nested: { list: [1, 'two', null, true] } },
  }
}

const metrics = (world: World, random: Random) =>
  Array.from({ length: 1 + random.below(8) }, () => metric(world, random))

const messageId = (random: Random): string => String(1_000_000 + random.below(1_000_000))

const envelope = (data: Buffer, random: Random) => ({
  message: {
    data: data.toString('base64'),
    attributes: { origin: 'boiler house', password: PLANTED },
    messageId: messageId(random),
    message_id: messageId(random),
    publishTime: '2026-11-20T17:09:01.123Z',
  },
  subscription: 'projects/local/subscriptions/metrics-push',
})

const unwrappedHeaders = (random: Random): Pairs => [
  ['x-goog-pubsub-message-id', messageId(random)],
  ['x-goog-pubsub-subscription-name', 'projects/local/subscriptions/metrics-push'],
  ['x-goog-pubsub-publish-time', '2026-11-20T17:09:01.123Z'],
  ['x-goog-pubsub-origin', PLANTED],
]

const cloudEventHeaders = (random: Random): Pairs => [
  ['ce-id', messageId(random)],
  ['ce-specversion', '1.0'],
  ['ce-type', 'google.cloud.pubsub.topic.v1.messagePublished'],
  ['ce-source', '//pubsub.googleapis.com/projects/local/topics/metrics'],
]

const during = ({ monthMs }: World): Pairs => [
  ['start_time', new Date(monthMs).toISOString()],
  ['end_time', encodeURIComponent(new Date(monthMs + 86_400_000).toISOString().replace('Z', '+00:00'))],
]

const cursorOf = ({ cursors }: World, route: string): Pairs => {
  const cursor = cursors[route]
  return cursor === undefined ? [] : [['cursor', cursor]]
}
