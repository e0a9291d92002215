// Reads bodies of requests to the local Cloud Storage: JSON, and the two parts of a multipart upload.
import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { badRequest } from './error.ts'

/** Reads a JSON object; an empty body is an empty object. @throws {StorageError} 400 for anything else. */
export async function readJsonBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  return parseObject((await buffer(request)).toString())
}

/**
 * Returns the description and the bytes of a multipart upload.
 * https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects
 * @throws {StorageError} 400 for a malformed one.
 */
export async function readMultipart(
  request: IncomingMessage,
): Promise<{ description: Record<string, unknown>; bytes: Buffer }> {
  const boundary = /^multipart\/related;.*boundary="?([^";]+)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (boundary === undefined)
    throw badRequest('Multipart upload requests must have the content type multipart/related.')
  const body = await buffer(request)
  const first = body.indexOf(`--${boundary}\r\n`)
  const second = body.indexOf(`\r\n--${boundary}\r\n`, first + 1)
  const last = body.lastIndexOf(`\r\n--${boundary}--`)
  if (first !== 0 || second < 0 || last < second) throw badRequest('Malformed multipart body.')
  const description = partOf(body.subarray(first, second)).content
  const { content, type } = partOf(body.subarray(second + 2, last))
  return { description: { contentType: type, ...parseObject(description.toString()) }, bytes: content }
}

function partOf(part: Buffer): { readonly content: Buffer; readonly type: string } {
  const end = part.indexOf('\r\n\r\n')
  if (end < 0) throw badRequest('Malformed multipart body.')
  const type = /^content-type:\s*(.*?)\s*$/im.exec(part.subarray(0, end).toString())?.[1]
  return { content: part.subarray(end + 4), type: type ?? 'application/octet-stream' }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text || '{}')
  } catch {
    throw badRequest('Parse Error')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('Parse Error')
  return value as Record<string, unknown>
}
