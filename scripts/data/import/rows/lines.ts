// Lines of a stream of bytes.

export interface Line {
  /** Without its end; null when it is longer than may be. */
  readonly bytes: Buffer | null
  /** From 1. */
  readonly number: number
  /** Where the next line begins. */
  readonly end: number
}

const NEWLINE = 0x0a

/** Lines after the position, as many at a time as end in one block. Holds no more than a block and one line of `maxBytes`. */
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
    // Of a line that is too long only its length is kept.
    begun = begunBytes + rest.length > maxBytes ? [] : [...begun, rest]
    begunBytes += rest.length
    yield lines
  }
  if (begunBytes > 0) yield [finish(Buffer.alloc(0), 0)]
}
