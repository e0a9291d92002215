// Parses the two statements that may run outside a transaction: `create index` and `drop index`, each for one index.

export interface IndexDefinition {
  readonly name: string
  readonly table: string
  readonly unique: boolean
  /** The text after the table: method, columns, options, predicate. */
  readonly rest: string
}

export type IndexStatement =
  | { readonly kind: 'create'; readonly index: IndexDefinition }
  | { readonly kind: 'drop'; readonly name: string }

/** A partition's index is named after the parent's, followed by the month; PostgreSQL truncates names at 63 characters. */
const MAX_NAME = 50
const CREATE =
  /^create\s+(unique\s+)?index\s+(?:concurrently\s+)?([a-z_][a-z0-9_]*)\s+on\s+([a-z_][a-z0-9_]*)\s*((?:using\s|\()[^;]+)$/i
const DROP = /^drop\s+index\s+(?:concurrently\s+)?([a-z_][a-z0-9_]*)$/i

/**
 * Parses statements that are separated by semicolons at the ends of lines; comments must be lines of their own.
 * @throws {Error} for anything but `create [unique] index NAME on TABLE (…)` and `drop index NAME`.
 */
export function readIndexStatements(text: string): readonly IndexStatement[] {
  const statements = text
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .flatMap((statement) => statement.trim() || [])
  if (statements.length === 0) throw new Error('there is no statement')
  return statements.map(readOne)
}

function readOne(statement: string): IndexStatement {
  const drop = DROP.exec(statement)
  if (drop?.[1] !== undefined) return { kind: 'drop', name: drop[1].toLowerCase() }
  const [, unique, name, table, rest] = CREATE.exec(statement) ?? []
  if (name === undefined || table === undefined || rest === undefined)
    throw new Error(
      `only "create [unique] index NAME on TABLE (…)" and "drop index NAME" run concurrently, not: ${statement}`,
    )
  if (name.length > MAX_NAME) throw new Error(`the name ${name} is longer than ${MAX_NAME} characters`)
  return {
    kind: 'create',
    index: { name: name.toLowerCase(), table: table.toLowerCase(), unique: unique !== undefined, rest },
  }
}
