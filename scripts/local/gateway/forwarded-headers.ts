// The headers that a proxy may pass on.
import type { IncomingMessage } from 'node:http'

/** Headers of one connection, not of the message: RFC 9110, 7.6.1. Node writes its own. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Returns a request's headers for forwarding, names and values alternately: unchanged, `Host` too, but without those of the connection,
 * and with the client's address appended to `X-Forwarded-For`.
 */
export function requestHeaders(request: IncomingMessage): string[] {
  const { headers, socket } = request
  const kept = endToEnd(request, 'x-forwarded-for', 'x-forwarded-proto')
  if (headers.host === undefined) kept.push('host', '127.0.0.1')
  const peer = socket.remoteAddress ?? 'unknown'
  const before = headers['x-forwarded-for']
  kept.push('x-forwarded-for', before === undefined ? peer : `${String(before)}, ${peer}`, 'x-forwarded-proto', 'http')
  if (headers['transfer-encoding'] !== undefined) kept.push('transfer-encoding', 'chunked')
  else if (headers['content-length'] === undefined && request.method === 'POST') kept.push('content-length', '0')
  return kept
}

/** Returns an answer's headers for the client, including repeated ones. */
export const answerHeaders = (answer: IncomingMessage): string[] => endToEnd(answer)

function endToEnd(message: IncomingMessage, ...without: string[]): string[] {
  const { rawHeaders } = message
  const named = message.headers.connection
    ?.toLowerCase()
    .split(',')
    .map((name) => name.trim())
  const kept: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const lower = name.toLowerCase()
    if (HOP_BY_HOP.has(lower) || without.includes(lower) || named?.includes(lower)) continue
    kept.push(name, rawHeaders[i + 1] ?? '')
  }
  return kept
}
