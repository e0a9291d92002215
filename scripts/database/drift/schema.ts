// Two descriptions of a schema, as describeSchema writes them.

/** Statements begin where a line does; what is indented, or closes a bracket, belongs to the one before. */
const BEGINS = /^(create|alter) /i

/** A line for each statement that one lacks, and for each that differs with the lines that do. */
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

/** `create table x (` is the table x; other statements say themselves what they are. */
const readable = (head: string): string => head.replace(/^create (table \S+) \($/, '$1').replace(/;$/, '')
