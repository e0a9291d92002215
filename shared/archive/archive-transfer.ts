// Transfers bytes to and from an object, by streams that cannot hang.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { File, FileMetadata } from '@google-cloud/storage'
import { crc32c, crc32cText } from '../base/crc32c.ts'
import { answerWithin } from '../base/timeout.ts'
import type { ObjectVersion } from './stored-object.ts'

/**
 * The checksum of the bytes that were sent, and storage's description of the object; `written` is null when an object of this name
 * existed.
 */
export interface Upload {
  readonly crc32c: string
  readonly written: FileMetadata | null
}

/**
 * Uploads a body as a new object. When an object of this name exists, nothing is written, and `body` is called again for its checksum.
 * @throws the errors of the client and of `body`, and an error when storage accepts nothing for `timeoutMs`.
 */
export async function uploadTo(file: File, body: () => AsyncIterable<Uint8Array>, timeoutMs: number): Promise<Upload> {
  let checksum = 0
  const watch = new AbortController()
  let timer: NodeJS.Timeout | undefined
  async function* watched(): AsyncGenerator<Uint8Array, void> {
    for await (const piece of body()) {
      clearTimeout(timer)
      checksum = crc32c(piece, checksum)
      timer = setTimeout(() => watch.abort(new Error(`storage accepted no bytes for ${timeoutMs} ms`)), timeoutMs)
      yield piece
      // No time limit runs while the body makes its next piece, because storage is not waited for.
      clearTimeout(timer)
    }
    timer = setTimeout(() => watch.abort(new Error(`storage did not finish within ${timeoutMs} ms`)), timeoutMs)
  }
  const upload = file.createWriteStream({
    resumable: true,
    validation: false,
    contentType: 'application/vnd.apache.parquet',
    preconditionOpts: { ifGenerationMatch: 0 },
  })
  try {
    await pipeline(Readable.from(watched(), { objectMode: true, highWaterMark: 1 }), upload, { signal: watch.signal })
    return { crc32c: crc32cText(checksum), written: file.metadata }
  } catch (error) {
    if (!isPreconditionFailed(error)) throw watch.signal.aborted ? watch.signal.reason : error
    return { crc32c: await checksumOf(body()), written: null }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Restores a soft-deleted generation, if the object at its name has the generation `over` (`0`: if there is none).
 * @returns `missing` when it is not soft deleted or its time has passed, and `refused` when that condition does not hold.
 */
export async function restoreFile(
  file: File,
  { object, over, timeoutMs }: { readonly object: ObjectVersion; readonly over: string; readonly timeoutMs: number },
): Promise<'restored' | 'refused' | 'missing'> {
  // The client's types have numbers, which do not hold every generation.
  const generation = object.generation as unknown as number
  try {
    await answerWithin(timeoutMs, file.restore({ generation, ifGenerationMatch: over as unknown as number }))
    return 'restored'
  } catch (error) {
    if (isPreconditionFailed(error)) return 'refused'
    if (Number((error as { code?: unknown }).code) === NOT_FOUND) return 'missing'
    throw error
  }
}

const NOT_FOUND = 404

/**
 * Copies an object onto a name of its bucket, if the object there has the generation `over` (`0`: if there is none).
 * @returns null when that condition does not hold. @throws {Error} of the client, or when there is no answer within `timeoutMs`.
 */
export async function copyTo(
  file: File,
  { name, over, timeoutMs }: { readonly name: string; readonly over: string; readonly timeoutMs: number },
): Promise<FileMetadata | null> {
  try {
    const [copy, answer] = await answerWithin(
      timeoutMs,
      file.copy(name, { preconditionOpts: { ifGenerationMatch: over } }),
    )
    return (answer as { readonly resource?: FileMetadata }).resource ?? copy.metadata
  } catch (error) {
    if (!isPreconditionFailed(error)) throw error
    return null
  }
}

/** The client puts the status in different properties, depending on the step of the upload. */
const isPreconditionFailed = (error: unknown): boolean => {
  const { code, status } = error as { code?: unknown; status?: unknown }
  return Number(code) === PRECONDITION_FAILED || Number(status) === PRECONDITION_FAILED
}

const PRECONDITION_FAILED = 412

async function checksumOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let checksum = 0
  for await (const piece of body) checksum = crc32c(piece, checksum)
  return crc32cText(checksum)
}

const LISTENERS_OF_A_BODY = 20

/** Reads the bytes of an object from `start` to `end` (exclusive). @throws {Error} of the client, or when bytes are missing or late. */
export async function collect(file: File, start: number, end: number, timeoutMs: number): Promise<Uint8Array> {
  if (end <= start) return new Uint8Array()
  const stream = file.createReadStream({ start, end: end - 1, validation: false, decompress: false })
  // The client adds twelve listeners to each body. Above ten listeners, Node warns of a leak in two lines of log for each read.
  stream.once('response', ({ body }: { readonly body?: Readable }) => body?.setMaxListeners(LISTENERS_OF_A_BODY))
  const timer = setTimeout(() => stream.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  const bytes = new Uint8Array(end - start)
  let received = 0
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      if (received + piece.length > bytes.length) throw new Error('storage returned more bytes than were requested')
      bytes.set(piece, received)
      received += piece.length
    }
  } finally {
    clearTimeout(timer)
  }
  if (received < bytes.length) throw new Error(`storage returned ${received} of ${bytes.length} bytes`)
  return bytes
}
