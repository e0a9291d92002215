// Runs a callback between the statements of the code under test.
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { type KyselyPlugin, sql } from 'kysely'

/** Called after each statement, with its number from 1 and the backend that ran it; an error ends the unit of work. */
export type AfterStatement = (count: number, backend: number) => Promise<void>

/** Returns the same database with a callback after each statement of its units of work. */
export function betweenStatements(db: PenstockDatabase, after: AfterStatement): PenstockDatabase {
  let count = 0
  return {
    ...db,
    inTransaction: async (work, options) =>
      await db.inTransaction(async (tx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
        const plugin: KyselyPlugin = {
          transformQuery: ({ node }) => node,
          async transformResult({ result }) {
            await after(++count, rows[0]?.pid ?? 0)
            return result
          },
        }
        return await work(tx.withPlugin(plugin))
      }, options),
  }
}
