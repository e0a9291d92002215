// Reads results in binary by COPY … TO STDOUT. The driver's own binary mode decodes every field as UTF-8, which changes doubles.
import type { Connection, Submittable } from 'pg'

/** The bytes of `copy (…) to stdout (format binary)`, and the number of rows in them. */
export interface CopiedOut {
  /** A view of the beginning of a buffer that nothing else uses. */
  readonly bytes: Buffer
  readonly rowCount: number
}

const FIRST_ROOM = 64 * 1024

/** True for a statement that must be run by `createCopyOut`. */
export const isCopyOut = (statement: string): boolean => /^\s*copy\s*\(.*\bto stdout\b/is.test(statement)

/**
 * Makes the statement for node-postgres: pass `query` to `client.query`; `done` resolves when the server has sent everything. It uses the
 * simple protocol, so it cannot have parameters.
 */
export function createCopyOut(statement: string): { readonly query: Submittable; readonly done: Promise<CopiedOut> } {
  const { promise, resolve, reject } = Promise.withResolvers<CopiedOut>()
  const copied = collectCopied()
  let rowCount = 0
  const query = {
    text: statement,
    submit(connection: Connection): void {
      connection.query(query.text)
    },
    handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
      copied.add(chunk)
    },
    handleCommandComplete({ text }: { readonly text: string }): void {
      rowCount = Number(/\d+$/.exec(text)?.[0] ?? 0)
    },
    handleReadyForQuery(): void {
      resolve({ bytes: copied.bytes(), rowCount })
    },
    handleError(error: Error): void {
      reject(error)
    },
    handleRowDescription: ignore,
    handleDataRow: ignore,
    handlePortalSuspended: ignore,
    handleEmptyQuery: ignore,
  }
  return { query: query as unknown as Submittable, done: promise }
}

/** Collects the bytes that a COPY sends. */
export function collectCopied(): { readonly add: (chunk: Buffer) => void; readonly bytes: () => Buffer } {
  const collected = { room: Buffer.allocUnsafeSlow(FIRST_ROOM), length: 0 }
  return {
    // The chunk is a view of the driver's own buffer, which the next read overwrites.
    add: (chunk) => append(collected, chunk),
    bytes: () => collected.room.subarray(0, collected.length),
  }
}

function append(collected: { room: Buffer; length: number }, chunk: Buffer): void {
  const needed = collected.length + chunk.length
  if (needed > collected.room.length) {
    const room = Buffer.allocUnsafeSlow(Math.max(needed, collected.room.length * 2))
    collected.room.copy(room, 0, 0, collected.length)
    release(collected.room)
    collected.room = room
  }
  chunk.copy(collected.room, collected.length)
  collected.length = needed
}

/** Releases memory at once: garbage is collected only after many such buffers, and then the whole heap is searched for it. */
const release = ({ buffer }: Buffer): void => void (buffer as ArrayBuffer).transfer(0)

const ignore = (): void => {}
