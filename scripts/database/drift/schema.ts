// Compares two descriptions of a schema, as describeSchema writes them.

/** A statement begins at the start of a line; indented lines and closing brackets belong to the statement before. */
const BEGINS = /^(create|alter) /i

/** Returns a line for each statement that one description lacks, and for each that differs, with the differing lines. */
export function compareSchemas(wanted: string, present: string): readonly string[] {
  const [wants, has] = [statementsOf(wanted), statementsOf(present)]
  const missing = [...wants].flatMap(([head, lines]) => {
    const there = has.get(head)
    if (!there) return `schema: there is no ${readable(head)}`
    const lacks = without(lines, there).map((line) => `lacks ${line.trim()}`)
    const extra = without(there, lines).map((line) => `has ${line.trim()}`)
    const differs = lacks.length + extra.length > 0
    return differs ? `schema: ${readable(head)} differs: ${[...lacks, ...extra].join('; ')}` : []
  })
  const stray = [...has.keys()].flatMap((head) =>
    wants.has(head) ? [] : `schema: no migration made ${readable(head)}`,
  )
  return [...missing, ...stray]
}

function statementsOf(text: string): Map<string, readonly string[]> {
  const statements = new Map<string, string[]>()
  let current: string[] | undefined
  for (const line of text.split('\n')) {
    if (line.startsWith('--') || line.trim() === '') continue
    if (BEGINS.test(line)) statements.set(line, (current = []))
    else current?.push(line.replace(/,$/, ''))
  }
  return statements
}

const without = (lines: readonly string[], others: readonly string[]): readonly string[] =>
  lines.filter((line) => !others.includes(line))

/** Makes a statement's first line readable: `create table x (` becomes `table x`; other statements are clear as they are. */
const readable = (head: string): string => head.replace(/^create (table \S+) \($/, '$1').replace(/;$/, '')
