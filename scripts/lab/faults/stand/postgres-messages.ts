// PostgreSQL's wire, as far as a proxy has to read it: where a message begins and ends, and which it is.
// https://www.postgresql.org/docs/15/protocol-message-formats.html

export interface Message {
  /** `Q`, `C`, …; empty for a client's first message, which has no type. */
  readonly type: string
  /** The whole message, type and length included. */
  readonly bytes: Buffer
}

const LENGTH_BYTES = 4

/**
 * Makes a function that is given a stream's bytes as they come and gives the messages that are complete by then. `startup`: the
 * stream is a client's and begins with a message without a type. TLS and GSS are not spoken.
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

/** Whether a client's message asks for a commit, as a simple query. */
export const isCommit = ({ type, bytes }: Message): boolean =>
  type === 'Q' && /^\s*commit\b/i.test(bytes.toString('latin1', 1 + LENGTH_BYTES))

/** Whether a server's message says that a transaction was committed: `COMMIT` of one that had failed is answered `ROLLBACK`. */
export const isCommitted = ({ type, bytes }: Message): boolean =>
  type === 'C' && bytes.toString('latin1', 1 + LENGTH_BYTES).startsWith('COMMIT')
