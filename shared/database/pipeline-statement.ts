// Makes the statements of a pipeline from Kysely's.
import { hash } from 'node:crypto'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
} from 'kysely'
import type { PipelineStatement } from './pipeline.ts'

/** Runs nothing. */
const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/**
 * Makes a statement that each connection prepares once, for one whose best plan is the same whatever its parameters are. Everything that differs
 * between requests must be a parameter, a number or a text, and each parameter must have its type: `${id}::int`.
 */
export function preparedStatement(query: RawBuilder<unknown>): PipelineStatement {
  const statement = plannedStatement(query)
  return { ...statement, name: `penstock_${hash('sha256', statement.text, 'base64url').slice(0, 22)}` }
}

/** Makes a statement that is planned each time, for its parameters. They are the same as those of `preparedStatement`. */
export function plannedStatement(query: RawBuilder<unknown>): PipelineStatement {
  const { sql, parameters } = query.compile(compiler)
  return { name: undefined, text: sql, parameters: parameters.map(toText) }
}

function toText(parameter: unknown): string | null {
  if (parameter === null || typeof parameter === 'string') return parameter
  if (typeof parameter === 'number') return String(parameter)
  throw new Error('the parameters of a pipeline are numbers, texts and null')
}

/** Returns the text of a statement without parameters. */
export const textOfStatement = (query: RawBuilder<unknown>): string => query.compile(compiler).sql
