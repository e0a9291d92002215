// Splits a stream of bytes into lines.

export interface Line {
  /** The line without its end; null when it exceeds the limit. */
  readonly bytes: Buffer | null
  /** The line's number, from 1. */
  readonly number: number
  /** The position where the next line begins. */
  readonly end: number
}

const NEWLINE = 0x0a

/** Returns the lines after the position, in groups that end in one block. Holds no more than a block and one line of `maxBytes`. */
export async function* readLines(
  blocks: AsyncIterable<Buffer>,
  from: { readonly bytes: number; readonly lines: number },
  maxBytes: number,
): AsyncGenerator<readonly Line[]> {
  let begun: Buffer[] = []
  let begunBytes = 0
  let [number, end] = [from.lines, from.bytes]
  const finish = (last: Buffer, newline: number): Line => {
    const bytes = begunBytes + last.length > maxBytes ? null : Buffer.concat([...begun, last])
    number++
    end += begunBytes + last.length + newline
    begun = []
    begunBytes = 0
    return { bytes, number, end }
  }
  for await (const block of blocks) {
    const lines: Line[] = []
    let start = 0
    for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, start)) {
      lines.push(finish(block.subarray(start, at), 1))
      start = at + 1
    }
    const rest = block.subarray(start)
    // Only the length of a line over the limit is stored.
    begun = begunBytes + rest.length > maxBytes ? [] : [...begun, rest]
    begunBytes += rest.length
    yield lines
  }
  if (begunBytes > 0) yield [finish(Buffer.alloc(0), 0)]
}
