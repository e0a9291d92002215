// Changes to every header that a function reads: missing, empty, repeated, huge, in another case, or with an invalid value.

import { type Random, seededRandom } from '../../random.ts'
import { PLANTED, type World } from '../world.ts'
import { type Draft, type Pairs, withHeader, without } from './draft.ts'
import { extremeTime } from './extremes.ts'

/** Changes one header of the draft: usually one that it has, otherwise one that some function reads. */
export function mutateHeaders(draft: Draft, random: Random, world: World): Draft {
  if (random.chance(0.3)) return withHeader(draft, ...credential(random, world))
  if (random.chance(0.3) && draft.headers.length > 0) return random.pick(changes)(draft, random)
  const known = draft.headers.map(([name]) => name.toLowerCase()).filter((name) => valuesOf[name] !== undefined)
  const name = random.pick(known.length > 0 && random.chance(0.6) ? known : mutatedHeaders)
  const value = random.chance(0.3) ? random.pick(anyValues) : random.pick(valuesOf[name] ?? anyValues)
  return withHeader(draft, random.chance(0.2) ? name.toUpperCase() : name, value)
}

const long = (count: number): string => 'x'.repeat(count)

/** Latin-1 without control characters, which the parser always refuses and which are tried on the wire. */
const anyValues: readonly string[] = [
  '',
  ' ',
  '\t',
  ',',
  ';',
  '=',
  '"',
  '""',
  ',,,,',
  'null',
  '\xe9\xff',
  long(300),
  long(8_000),
  `a${' '.repeat(8_000)}b`,
  ','.repeat(4_000),
  ';='.repeat(2_000),
  '{}',
  '%00',
  '../',
  '0',
]

/** Every header that a function reads; a test compares the list with the sources. */
const valuesOf: Readonly<Record<string, readonly string[]>> = {
  accept: ['text/html', '*/*;q=0', 'text/csv;q=x, */*', 'application/vnd.apache.arrow.stream', long(5_000)],
  'accept-encoding': ['zstd', 'gzip;q=0, *', 'gzip;q=2;q=x', ','.repeat(2_000), long(5_000)],
  'access-control-request-method': ['DELETE', 'POST', ''],
  'ce-id': ['', 'abc', long(3_000)],
  'ce-source': ['//pubsub.googleapis.com/x', ''],
  'ce-specversion': ['1.0', '0.3', '9', ''],
  'ce-type': ['google.cloud.pubsub.topic.v1.messagePublished', 'other'],
  'content-encoding': [
    'gzip',
    'x-gzip',
    'GZIP',
    'identity',
    '',
    'br',
    'deflate',
    'snappy',
    'zstd',
    'gzip, gzip',
    'identity, gzip',
    'gzip;q=1',
    long(1_000),
  ],
  'content-type': [
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json;;;',
    'application/jsonx',
    'application/problem+json',
    'application/cloudevents+json',
    'application/cloudevents+json; charset=utf-8',
    'application/cloudevents-batch+json',
    'application/x-protobuf',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    '/',
    '*/*',
  ],
  'idempotency-key': [
    '',
    'a',
    'a b',
    'é',
    long(255),
    long(256),
    long(4_000),
    '"quoted"',
    "'; drop table x",
    '%00',
    'key-1',
  ],
  'if-match': ['*', '"1"', '"1", "2"', 'W/"1"', '1', '', '"', ','.repeat(4_000), long(4_000)],
  'if-none-match': ['*', '"a"', 'W/"a", "b"', '"', long(5_000)],
  origin: ['https://evil.example', 'null', '*', '', long(2_000)],
  prefer: [
    'return=minimal',
    'return=representation',
    'return="minimal"',
    'RETURN=MINIMAL',
    'handling=lenient',
    'handling=strict',
    'return=minimal, handling=lenient',
    'handling=lenient; a=b',
    'handling = lenient',
    'return=minimal,return=representation',
    'respond-async, wait=10',
    `return${' '.repeat(8_000)}minimal`,
    `${' ='.repeat(2_000)}`,
    'handling="lenient',
    '__proto__=1',
  ],
  traceparent: [
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01',
    '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more',
    '00-',
  ],
  'user-agent': ['', '() { :;}; echo', long(2_000), '\xe9'],
  'x-api-key': ['', 'pk_', long(66), `${long(4_000)}`],
  'x-cloud-trace-context': [
    '105445aa7843bc8bf206b12000100000/1;o=1',
    '105445aa7843bc8bf206b12000100000/99999999999999999999',
    '0/0',
    '105445AA7843BC8BF206B12000100000',
    '/',
  ],
  'x-cloudscheduler-jobname': ['partitions', '', 'other', long(600)],
  'x-cloudscheduler-scheduletime': [
    '',
    'now',
    '0000-01-01T00:00:00Z',
    '0000-01-01T00:00:00+23:59',
    '9999-12-31T23:59:59-23:59',
    '2255-06-06T00:00:00Z',
    '1683-01-01T00:00:00Z',
    '2026-11-20T17:00:00.0000001Z',
    '2026-11-20T17:00:00+05:30',
    '1763658541',
  ],
  'x-forwarded-for': ['127.0.0.1', "1'; drop", long(1_000)],
  'x-goog-pubsub-message-id': ['', '1', 'é', long(1_000), long(3_000), unlike(900), unlike(3_000)],
  'x-goog-pubsub-publish-time': [
    '',
    'yesterday',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2010-01-01T00:00:00Z',
  ],
  'x-goog-pubsub-subscription-name': ['', 'é', long(1_000), unlike(900), unlike(3_000)],
  'x-guest-mode': ['true', '1', 'false', '', long(600)],
  'x-http-method-override': ['DELETE', 'GET'],
  tenant: ['', 'default', '../', 'UPPER', long(63), long(64), '\xe9'],
}

/** Names in lower case. */
export const mutatedHeaders: readonly string[] = Object.keys(valuesOf)

/** Returns text that does not compress, so that a limit on bytes applies to it. */
function unlike(count: number): string {
  return seededRandom('unlike').bytes(count).toString('base64url').slice(0, count)
}

const changes: readonly ((draft: Draft, random: Random) => Draft)[] = [
  (draft, random) => ({ ...draft, headers: without(draft.headers, nameOf(draft, random)) }),
  (draft, random) => ({ ...draft, headers: [...draft.headers, random.pick(draft.headers)] }),
  (draft, random) => withHeader(draft, nameOf(draft, random), random.pick(anyValues)),
  (draft, random) => withHeader(draft, nameOf(draft, random), extremeTime(random).replaceAll(/[^\x20-\x7e]/g, '?')),
  (draft, random) => ({ ...draft, headers: [...draft.headers, [nameOf(draft, random), random.pick(anyValues)]] }),
  (draft) => ({ ...draft, headers: draft.headers.map(([name, value]) => [name.toUpperCase(), value.toUpperCase()]) }),
  (draft, random) => ({ ...draft, headers: draft.headers.map(([name, value]) => [name, spaced(value, random)]) }),
  (draft, random) => ({ ...draft, headers: [...draft.headers, ...many(random.pick([50, 500, 1_999]))] }),
]

const nameOf = ({ headers }: Draft, random: Random): string => random.pick(headers)[0]

const spaced = (value: string, random: Random): string =>
  ' '.repeat(random.below(9)) + value.replace(' ', '   ') + '\t '

const many = (count: number): Pairs => Array.from({ length: count }, (_, i) => [`x-${i}`, ''])

/** Credentials in every form; most of them are invalid. */
function credential(random: Random, { keys, tokens }: World): readonly [string, string] {
  const key = random.pick(Object.values(keys))
  const token = random.pick(Object.values(tokens))
  const text = random.pick([
    key,
    key,
    broken(key, random),
    token,
    broken(token, random),
    key.slice(0, 20),
    '',
    PLANTED,
    `${key}${key}`,
    'a.b.c',
    '..',
    unsigned(token),
    `${token}.SIGNATURE_REMOVED_BY_GOOGLE`,
    long(7_000),
  ])
  const basic = (name: string): string => Buffer.from(`${name}:${text}`).toString('base64')
  return random.pick<readonly [string, string]>([
    ['Authorization', `Bearer ${text}`],
    ['Authorization', `bearer   ${text}`],
    ['Authorization', `BEARER\t${text}`],
    ['Authorization', `Token ${text}`],
    ['Authorization', `Basic ${basic('user')}`],
    ['Authorization', `Basic ${basic('')}`],
    ['Authorization', `Basic ${text}`],
    ['Authorization', `Digest username="${text}"`],
    ['Authorization', `Bearer${text}`],
    ['Authorization', text],
    ['X-API-Key', text],
    ['X-Api-Key', ` ${text}\t`],
    ['X-API-KEY', `Bearer ${text}`],
    ['Cookie', `session=${text}`],
    ['Proxy-Authorization', `Bearer ${text}`],
  ])
}

function broken(text: string, random: Random): string {
  const at = random.below(text.length)
  return `${text.slice(0, at)}${random.pick(['A', 'z', '0', '_', '.', '-', ''])}${text.slice(at + 1)}`
}

/** Returns the token with `alg: none`, and without a signature. */
function unsigned(token: string): string {
  const head = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url')
  return `${head}.${token.split('.')[1] ?? ''}.`
}
