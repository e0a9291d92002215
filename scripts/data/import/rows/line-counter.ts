// The line of a place in a stream of bytes. The parser's own count takes a line break of two characters inside quotes for two.

const LF = 0x0a
const CR = 0x0d

export interface LineCounter {
  /** Takes the next bytes. */
  feed(block: Buffer): void
  /**
   * The line, from 1, in which the row ends that ends before this byte of all that was fed; its line break is part of it. Places are
   * asked for in their order.
   */
  lineAt(end: number): number
}

/** A line ends with LF, with CR and LF, or with CR alone. `before` are the lines before the first byte. */
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
