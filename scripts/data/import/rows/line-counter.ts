// Finds the line of a position in a stream of bytes. The parser's own count takes a two-character line break inside quotes for two lines.

const LF = 0x0a
const CR = 0x0d

export interface LineCounter {
  /** Adds the next bytes. */
  feed(block: Buffer): void
  /**
   * Returns the number, from 1, of the line in which a row ends whose end (with its line break) is before this byte. Positions must be
   * requested in ascending order.
   */
  lineAt(end: number): number
}

/** Makes a counter. A line ends with LF, with CR and LF, or with CR alone. `before` is the number of lines before the first byte. */
export function createLineCounter(before: number): LineCounter {
  const blocks: Buffer[] = []
  let [begin, counted, lines, last] = [0, 0, before, LF]
  const count = (byte: number) => {
    if (byte === LF || last === CR) lines++
    last = byte
  }
  return {
    feed: (block) => void blocks.push(block),
    lineAt(end) {
      for (let [block] = blocks; block; [block] = blocks) {
        const to = Math.min(begin + block.length, end)
        for (; counted < to; counted++) count(block[counted - begin] ?? 0)
        if (to < begin + block.length) break
        blocks.shift()
        begin += block.length
      }
      return last === LF ? lines : lines + 1
    },
  }
}
