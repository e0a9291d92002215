// Requests that no client library would send: broken request lines and headers, wrong lengths and chunks, incomplete ones, several at
// once.

import type { Random } from '../../random.ts'
import { asChunks, type Draft, headOf, toBytes } from './draft.ts'

/** Bytes for a connection of their own, and how the connection ends. */
export interface Wire {
  readonly bytes: Buffer
  /** `finished`: our side ends once nothing more arrives; `cut`: the connection is closed at once. */
  readonly manner: 'finished' | 'cut'
}

/** Returns the bytes that are sent instead of the draft. */
export function mutateWire(draft: Draft, random: Random): Wire {
  const bytes = random.pick(random.chance(0.5) ? framings : heads)(draft, random)
  return { bytes, manner: random.chance(0.9) ? 'finished' : 'cut' }
}

type Write = (draft: Draft, random: Random) => Buffer

const framings: readonly Write[] = [
  (draft, random) => half(toBytes(draft), random),
  (draft, random) => half(toBytes({ ...draft, chunked: true }), random),
  (draft, random) => lengthOf(draft, String(bodyOf(draft).length + 1 + random.below(1_000))),
  (draft) => lengthOf(draft, String(bodyOf(draft).length >> 1)),
  (draft, random) =>
    lengthOf(
      draft,
      random.pick([
        '-1',
        '0',
        '1e3',
        '0x10',
        '',
        ' ',
        '+5',
        '5, 5',
        '5,6',
        '33554432',
        '33554433',
        '99999999999999999999',
        '5\r\nContent-Length: 6',
        'abc',
      ]),
    ),
  (draft) => withHeaders(draft, `Transfer-Encoding: chunked\r\nContent-Length: 5`, asChunks(bodyOf(draft))),
  (draft, random) =>
    withHeaders(
      draft,
      `Transfer-Encoding: ${random.pick(['chunked, chunked', 'gzip, chunked', 'identity', 'xchunked', ' chunked', 'chunked\r\nTransfer-Encoding: identity', ''])}`,
      asChunks(bodyOf(draft)),
    ),
  (draft, random) => withHeaders(draft, 'Transfer-Encoding: chunked', random.pick(lyingChunks)(bodyOf(draft))),
  (draft, random) => withHeaders(draft, 'Transfer-Encoding: chunked', random.pick(lyingChunks)(bodyOf(draft))),
  (draft, random) => Buffer.concat(Array.from({ length: 2 + random.below(20) }, () => toBytes(draft))),
  (draft, random) => Buffer.concat([toBytes(draft), random.bytes(50)]),
  // Both have the same method, because an answer to HEAD has no body, and the reader of the answers knows only one method.
  (draft) =>
    Buffer.concat([toBytes(draft), Buffer.from(`${draft.method} /health HTTP/1.1\r\nHost: a\r\n\r\n`), toBytes(draft)]),
  (draft, random) =>
    withHeaders(
      draft,
      `Expect: ${random.pick(['100-continue', '100-Continue', '200-ok', '', '100-continue, x'])}\r\nContent-Length: ${bodyOf(draft).length}`,
      bodyOf(draft),
    ),
]

const lyingChunks: readonly ((body: Buffer) => Buffer)[] = [
  (body) => Buffer.concat([Buffer.from(`${(body.length + 10).toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]),
  (body) => Buffer.concat([Buffer.from(`${(body.length >> 1).toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]),
  (body) => Buffer.concat([Buffer.from('ffffffffffffffffff\r\n'), body]),
  (body) => Buffer.concat([Buffer.from('7fffffff\r\n'), body]),
  (body) => Buffer.concat([Buffer.from('-5\r\n'), body]),
  (body) => Buffer.concat([Buffer.from('zz\r\n'), body]),
  (body) => Buffer.concat([Buffer.from(`5;${'x'.repeat(20_000)}\r\n`), body]),
  (body) => asChunks(body).subarray(0, -5),
  (body) => Buffer.concat([asChunks(body).subarray(0, -2), Buffer.from(`X-Trailer: ${'x'.repeat(20_000)}\r\n\r\n`)]),
  (body) =>
    Buffer.concat([
      asChunks(body).subarray(0, -2),
      Buffer.from('Content-Length: 5\r\nAuthorization: Bearer x\r\n\r\n'),
    ]),
  (body) => Buffer.from(asChunks(body).toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
  (body) => asChunks(body, 1),
]

const heads: readonly Write[] = [
  (draft, random) =>
    line(draft, (text) =>
      text.replace(
        'HTTP/1.1',
        random.pick(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'HTTP/1.1 ', 'http/1.1', 'HTTP', '']),
      ),
    ),
  (draft, random) => line(draft, (text) => text.replace(' ', random.pick(['', '  ', '\t', '\0', '\r\n']))),
  (draft, random) =>
    line(draft, (text) =>
      text.replace(
        draft.method,
        random.pick(['CONNECT', 'get', 'G\0T', 'é', '', 'x'.repeat(5_000), 'GETT', '\x16\x03\x01']),
      ),
    ),
  (draft, random) =>
    line(draft, (text) =>
      text.replace('/', random.pick(['', '/\0', '/é', '/\x7f', '/ /', '\\', '/#', '/?\xff', `/${'x'.repeat(20_000)}`])),
    ),
  (draft, random) =>
    header(
      draft,
      random.pick([
        'X: \0',
        'X: a\x01b',
        'X\0: a',
        'X : a',
        ': a',
        'X',
        'X:a\n b',
        ' folded',
        'X: a\rb',
        'X: a\nY: b',
        'é: a',
        `X: ${'x'.repeat(20_000)}`,
        `${'x'.repeat(20_000)}: a`,
      ]),
    ),
  (draft, random) =>
    header(draft, Array.from({ length: random.pick([2_000, 5_000]) }, (_, i) => `x${i}:`).join('\r\n')),
  (draft, random) =>
    header(
      draft,
      random.pick([
        'Host: other',
        'Connection: close, keep-alive',
        'Connection: upgrade\r\nUpgrade: websocket',
        'Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
        'Connection: authorization',
        'Keep-Alive: timeout=-1',
        'Upgrade: TLS/1.2',
        'Trailer: x',
        'TE: trailers',
        'Range: bytes=0-1',
        'If-Match: *',
      ]),
    ),
  (draft, random) =>
    Buffer.from(
      toBytes(draft)
        .toString('latin1')
        .replace(
          /Host: penstock.test\r\n/,
          random.pick(['', 'Host:\r\n', 'Host: a b\r\n', 'Host: [::\r\n', 'Host: \xe9\r\n']),
        ),
      'latin1',
    ),
  (draft) => Buffer.from(toBytes(draft).toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
  (draft) => Buffer.concat([Buffer.from('\r\n\r\n\r\n'), toBytes(draft)]),
  () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1'),
  (_, random) => random.bytes(1 + random.below(300)),
  () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
]

const bodyOf = ({ body }: Draft): Buffer => body ?? Buffer.from('{}')

const half = (bytes: Buffer, random: Random): Buffer => bytes.subarray(0, 1 + random.below(bytes.length))

const lengthOf = (draft: Draft, length: string): Buffer =>
  withHeaders(draft, `Content-Length: ${length}`, bodyOf(draft))

function withHeaders(draft: Draft, lines: string, body: Buffer): Buffer {
  const head = headOf({ ...draft, body: undefined }).replace(/\r\n\r\n$/, `\r\n${lines}\r\n\r\n`)
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}

function line(draft: Draft, change: (line: string) => string): Buffer {
  const text = toBytes(draft).toString('latin1')
  const end = text.indexOf('\r\n')
  return Buffer.from(change(text.slice(0, end)) + text.slice(end), 'latin1')
}

const header = (draft: Draft, lines: string): Buffer =>
  Buffer.from(toBytes(draft).toString('latin1').replace('\r\n', `\r\n${lines}\r\n`), 'latin1')
