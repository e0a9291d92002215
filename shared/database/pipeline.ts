// A transaction in one round trip: its statements are sent together, and the server runs them as one implicit transaction.
// https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
import type { Connection, Submittable } from 'pg'
import { collectCopied } from './copy-out.ts'

/** A parameter in PostgreSQL's binary format, written where it is sent from. */
export interface BinaryParameter {
  readonly bytes: number
  write(target: DataView, at: number): void
}

/** A statement that a connection prepares once, by its name. Every text has a name of its own. */
export interface PipelineStatement {
  /** Undefined for a text that does not return: the server parses it each time. */
  readonly name: string | undefined
  readonly text: string
  /** A string is sent in PostgreSQL's text format. Null is NULL. */
  readonly parameters: readonly (BinaryParameter | string | null)[]
}

/** Rows of one statement; fields are PostgreSQL's texts. */
export type PipelineRows = readonly (readonly (string | null)[])[]

export interface PipelineAnswer {
  /** The rows of each statement. */
  readonly rows: readonly PipelineRows[]
  /** The bytes of the statement that is a `copy (…) to stdout`; empty without one. They are the beginning of memory that nothing else uses. */
  readonly copied: Buffer
}

/** An `int` parameter. */
export const int4 = (value: number): BinaryParameter => ({
  bytes: 4,
  write: (target, at) => target.setInt32(at, value),
})

/** A `bigint` parameter of a safe integer that is not negative. */
export const int8 = (value: number): BinaryParameter => ({
  bytes: 8,
  write(target, at) {
    target.setUint32(at, Math.floor(value / 2 ** 32))
    target.setUint32(at + 4, value >>> 0)
  },
})

const [TEXT, BINARY] = [0, 1]
const NULL_LENGTH = -1
const SYNC_BYTES = 5
/** Portal of every statement: the one without a name. */
const NO_NAME = Buffer.of(0)

/** Maximum statements that a connection prepares; further ones are parsed each time. */
const MOST_PREPARED = 200
const prepared = new WeakMap<Connection, Set<string>>()

/**
 * The statements as node-postgres takes them: `client.query(query)`, and `done` resolves when the server is ready for the next query. When one of them
 * fails, none has an effect, and `done` rejects before the server is ready.
 */
export function createPipeline(statements: readonly PipelineStatement[]): {
  readonly query: Submittable
  readonly done: Promise<PipelineAnswer>
} {
  const { promise, resolve, reject } = Promise.withResolvers<PipelineAnswer>()
  const rows: (string | null)[][][] = [[]]
  let copied: ReturnType<typeof collectCopied> | undefined
  let names: Set<string> | undefined
  const query = {
    submit(connection: Connection): void {
      names = prepared.get(connection) ?? new Set()
      prepared.set(connection, names)
      connection.stream.write(encode(statements, names))
    },
    handleDataRow({ fields }: { readonly fields: (string | null)[] }): void {
      rows.at(-1)?.push(fields)
    },
    handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
      copied ??= collectCopied()
      copied.add(chunk)
    },
    handleCommandComplete(): void {
      rows.push([])
    },
    handleReadyForQuery(): void {
      resolve({ rows: rows.slice(0, -1), copied: copied?.bytes() ?? NOTHING })
    },
    handleError(error: Error): void {
      // The error does not show which statements were prepared, so all are prepared again.
      for (const { name } of statements) if (name !== undefined) names?.delete(name)
      reject(error)
    },
    handleRowDescription: ignore,
    handlePortalSuspended: ignore,
    handleEmptyQuery: ignore,
  }
  return { query: query as unknown as Submittable, done: promise }
}

const ignore = (): void => {}
const NOTHING = Buffer.alloc(0)

/** A statement as it is sent. */
interface Encoded {
  /** The messages that prepare it; empty when it is prepared. */
  readonly preparing: Buffer
  /** Ends with a zero. */
  readonly name: Buffer
  readonly parameters: readonly (FormattedParameter | null)[]
}

interface FormattedParameter extends BinaryParameter {
  readonly format: number
}

/** Encodes all messages into one buffer, and notes what they prepare. */
function encode(statements: readonly PipelineStatement[], names: Set<string>): Buffer {
  const encoded = statements.map((statement) => encodeStatement(statement, names))
  const bytes = encoded.reduce((sum, one) => sum + one.preparing.length + bindBytes(one) + EXECUTE.length, SYNC_BYTES)
  const message = Buffer.allocUnsafe(bytes)
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  let at = 0
  for (const one of encoded) {
    message.set(one.preparing, at)
    at = writeBind(message, view, at + one.preparing.length, one)
    message.set(EXECUTE, at)
    at += EXECUTE.length
  }
  message.set(SYNC, at)
  return message
}

function encodeStatement({ name, text, parameters }: PipelineStatement, names: Set<string>): Encoded {
  const isPrepared = name !== undefined && names.has(name)
  const kept = isPrepared || names.size < MOST_PREPARED ? (name ?? '') : ''
  if (kept !== '') names.add(kept)
  return {
    preparing: isPrepared ? NOTHING : preparing(kept, text),
    name: Buffer.from(`${kept}\0`),
    parameters: parameters.map((one) =>
      typeof one === 'string' ? textParameter(one) : one && { ...one, format: BINARY },
    ),
  }
}

function textParameter(text: string): FormattedParameter {
  const content = Buffer.from(text)
  return {
    format: TEXT,
    bytes: content.length,
    write: ({ buffer, byteOffset }, at) => new Uint8Array(buffer, byteOffset + at).set(content),
  }
}

/** Makes Close, then Parse: preparing a name that already exists is an error, and closing one that does not exist is not. */
function preparing(name: string, text: string): Buffer {
  const named = Buffer.from(`${name}\0`)
  const close = name === '' ? NOTHING : message('C', Buffer.concat([Buffer.from('S'), named]))
  return Buffer.concat([close, message('P', Buffer.concat([named, Buffer.from(`${text}\0`), Buffer.alloc(2)]))])
}

function message(type: string, content: Buffer): Buffer {
  const bytes = Buffer.alloc(5 + content.length)
  bytes.write(type, 0, 'latin1')
  bytes.writeInt32BE(4 + content.length, 1)
  content.copy(bytes, 5)
  return bytes
}

const EXECUTE = message('E', Buffer.alloc(5))
const SYNC = message('S', Buffer.alloc(0))

/** Type and length, portal, name, the number and format of the parameters, their number, length and bytes of each, and no formats of results. */
function bindBytes({ parameters, name }: Encoded): number {
  let bytes = 5 + NO_NAME.length + name.length + 2 + 2 + 2
  for (const parameter of parameters) bytes += 2 + 4 + (parameter?.bytes ?? 0)
  return bytes
}

function writeBind(bytes: Buffer, view: DataView, from: number, encoded: Encoded): number {
  const { name, parameters } = encoded
  bytes.write('B', from, 'latin1')
  view.setInt32(from + 1, bindBytes(encoded) - 1)
  let at = from + 5
  bytes.set(NO_NAME, at)
  at += NO_NAME.length
  bytes.set(name, at)
  at += name.length
  view.setInt16(at, parameters.length)
  at += 2
  for (const parameter of parameters) {
    view.setInt16(at, parameter?.format ?? TEXT)
    at += 2
  }
  view.setInt16(at, parameters.length)
  at += 2
  for (const parameter of parameters) {
    view.setInt32(at, parameter ? parameter.bytes : NULL_LENGTH)
    at += 4
    parameter?.write(view, at)
    at += parameter?.bytes ?? 0
  }
  view.setInt16(at, 0)
  return at + 2
}
