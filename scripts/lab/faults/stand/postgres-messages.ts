// Splits PostgreSQL's wire protocol into messages for a proxy.
// https://www.postgresql.org/docs/15/protocol-message-formats.html

export interface Message {
  /** `Q`, `C`, …; empty for a client's first message, which has no type. */
  readonly type: string
  /** The whole message, type and length included. */
  readonly bytes: Buffer
}

const LENGTH_BYTES = 4

/**
 * Makes a function that takes a stream's bytes in chunks and returns the messages that are complete. With `startup`, the stream is a
 * client's and begins with a message without a type. TLS and GSS are not supported.
 */
export function splitMessages(startup: boolean): (chunk: Buffer) => Message[] {
  let rest: Buffer = Buffer.alloc(0)
  let typed = !startup
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const messages: Message[] = []
    for (;;) {
      const typeBytes = typed ? 1 : 0
      if (rest.length < typeBytes + LENGTH_BYTES) return messages
      const length = typeBytes + rest.readInt32BE(typeBytes)
      if (rest.length < length) return messages
      messages.push({ type: rest.toString('latin1', 0, typeBytes), bytes: rest.subarray(0, length) })
      rest = rest.subarray(length)
      typed = true
    }
  }
}

/** Returns true when a client's message is a commit, as a simple query. */
export const isCommit = ({ type, bytes }: Message): boolean =>
  type === 'Q' && /^\s*commit\b/i.test(bytes.toString('latin1', 1 + LENGTH_BYTES))

/** Returns true when a server's message confirms a commit: `COMMIT` of a failed transaction is answered with `ROLLBACK`. */
export const isCommitted = ({ type, bytes }: Message): boolean =>
  type === 'C' && bytes.toString('latin1', 1 + LENGTH_BYTES).startsWith('COMMIT')
