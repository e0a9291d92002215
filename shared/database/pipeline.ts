// A transaction in one round trip: its statements are sent together, with parameters in binary, and the server runs them as one implicit transaction.
// https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
import type { Connection, Submittable } from 'pg'

/** A parameter in PostgreSQL's binary format, written where it is sent from. */
export interface BinaryParameter {
  readonly bytes: number
  write(target: DataView, at: number): void
}

/** A statement that a connection prepares once, by its name. Every text has a name of its own. */
export interface PipelineStatement {
  readonly name: string
  readonly text: string
  /** Null is NULL. */
  readonly parameters: readonly (BinaryParameter | null)[]
}

/** Rows of one statement; fields are PostgreSQL's texts. */
export type PipelineRows = readonly (readonly (string | null)[])[]

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

/** The format of parameters: binary. The format of results, which are few: text. */
const BINARY = 1
const NULL_LENGTH = -1
const SYNC_BYTES = 5
/** Portal of every statement: the one without a name. */
const NO_NAME = Buffer.of(0)

const prepared = new WeakMap<Connection, Set<string>>()

/**
 * The statements as node-postgres takes them: `client.query(query)`, and `done` resolves when the server is ready for the next query. When one of them
 * fails, none has an effect, and `done` rejects before the server is ready.
 */
export function createPipeline(statements: readonly PipelineStatement[]): {
  readonly query: Submittable
  readonly done: Promise<readonly PipelineRows[]>
} {
  const { promise, resolve, reject } = Promise.withResolvers<readonly PipelineRows[]>()
  const rows: (string | null)[][][] = [[]]
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
    handleCommandComplete(): void {
      rows.push([])
    },
    handleReadyForQuery(): void {
      resolve(rows.slice(0, -1))
    },
    handleError(error: Error): void {
      // The error does not show which statements were prepared, so all are prepared again.
      for (const { name } of statements) names?.delete(name)
      reject(error)
    },
    handleRowDescription: ignore,
    handlePortalSuspended: ignore,
    handleEmptyQuery: ignore,
  }
  return { query: query as unknown as Submittable, done: promise }
}

const ignore = (): void => {}

/** Encodes all messages into one buffer, and notes what they prepare. */
function encode(statements: readonly PipelineStatement[], names: Set<string>): Buffer {
  const parts = statements.map((statement) => {
    const isNew = !names.has(statement.name)
    names.add(statement.name)
    return {
      statement,
      preparing: isNew ? preparing(statement) : Buffer.alloc(0),
      name: Buffer.from(`${statement.name}\0`),
    }
  })
  const bytes = parts.reduce(
    (sum, { statement, preparing: first, name }) => sum + first.length + bindBytes(statement, name) + EXECUTE.length,
    SYNC_BYTES,
  )
  const message = Buffer.allocUnsafe(bytes)
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  let at = 0
  for (const { statement, preparing: first, name } of parts) {
    message.set(first, at)
    at = writeBind(message, view, at + first.length, statement, name)
    message.set(EXECUTE, at)
    at += EXECUTE.length
  }
  message.set(SYNC, at)
  return message
}

/** Makes Close, then Parse: preparing a name that already exists is an error, and closing one that does not exist is not. */
function preparing({ name, text }: PipelineStatement): Buffer {
  const named = Buffer.from(`${name}\0`)
  const close = message('C', Buffer.concat([Buffer.from('S'), named]))
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

/** Type and length, portal, name, one format for all parameters, their number, length and bytes of each, and no formats of results. */
function bindBytes({ parameters }: PipelineStatement, name: Buffer): number {
  let bytes = 5 + NO_NAME.length + name.length + 4 + 2 + 2
  for (const parameter of parameters) bytes += 4 + (parameter?.bytes ?? 0)
  return bytes
}

function writeBind(bytes: Buffer, view: DataView, from: number, statement: PipelineStatement, name: Buffer): number {
  bytes.write('B', from, 'latin1')
  view.setInt32(from + 1, bindBytes(statement, name) - 1)
  let at = from + 5
  bytes.set(NO_NAME, at)
  at += NO_NAME.length
  bytes.set(name, at)
  at += name.length
  view.setInt16(at, 1)
  view.setInt16(at + 2, BINARY)
  view.setInt16(at + 4, statement.parameters.length)
  at += 6
  for (const parameter of statement.parameters) {
    view.setInt32(at, parameter ? parameter.bytes : NULL_LENGTH)
    at += 4
    parameter?.write(view, at)
    at += parameter?.bytes ?? 0
  }
  view.setInt16(at, 0)
  return at + 2
}
