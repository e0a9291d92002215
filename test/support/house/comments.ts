// Finds the comments in the source of a program.

/** A comment as one text without its marks, and the number of its first line. */
export interface Comment {
  readonly line: number
  readonly text: string
}

const DIRECTIVE = /^(?:biome-ignore|oxlint-disable|@ts-|\/ <)/

/** Returns the comments that have lines of their own or end a line; consecutive lines with `//` are one comment. */
export function commentsOf(source: string): readonly Comment[] {
  const found: { line: number; parts: string[]; isLine: boolean; last: number }[] = []
  let open: (typeof found)[number] | undefined
  for (const [index, text] of source.split('\n').entries()) {
    if (open) open.parts.push(text.replace(/\*\/.*$/, '').replace(/^\s*\*? ?/, ''))
    else {
      const [, block] = /^\s*\/\*+ ?(.*)$/.exec(text) ?? []
      const [, before = '', line] = /^(.*?)(?<!:)\/\/ (.*)$/.exec(text) ?? []
      if (block !== undefined)
        found.push({ line: index + 1, parts: [block.replace(/\*\/.*$/, '')], isLine: false, last: index })
      else if (line !== undefined && (before.trim() === '' || /\S $/.test(before)))
        addLine(found, before.trim() === '', index, line)
    }
    const isOpen = open ?? (/^\s*\/\*/.test(text) ? found.at(-1) : undefined)
    open = isOpen && !text.includes('*/') ? isOpen : undefined
  }
  return found
    .map(({ line, parts }) => ({ line, text: parts.join(' ').replaceAll(/\s+/g, ' ').trim() }))
    .filter(({ text }) => text !== '' && !DIRECTIVE.test(text))
}

function addLine(
  found: { line: number; parts: string[]; isLine: boolean; last: number }[],
  isWhole: boolean,
  index: number,
  text: string,
): void {
  const previous = found.at(-1)
  if (isWhole && previous?.isLine && previous.last === index - 1) {
    previous.parts.push(text)
    previous.last = index
  } else found.push({ line: index + 1, parts: [text], isLine: isWhole, last: index })
}
