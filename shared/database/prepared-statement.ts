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
 * Makes a statement that each connection prepares once. Everything that differs between requests must be a parameter, a number or a text, and each
 * parameter must have its type: `${id}::int`.
 */
export function preparedStatement(query: RawBuilder<unknown>): PipelineStatement {
  const { sql, parameters } = query.compile(compiler)
  return {
    name: `penstock_${hash('sha256', sql, 'base64url').slice(0, 22)}`,
    text: sql,
    parameters: parameters.map((one) => (one === null ? null : String(one))),
  }
}

/** Returns the text of a statement without parameters. */
export const textOfStatement = (query: RawBuilder<unknown>): string => query.compile(compiler).sql
