// Runs a callback between the statements of the code under test.
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { type KyselyPlugin, sql } from 'kysely'

/** Called after each statement, with its number from 1 and the backend that ran it; an error ends the unit of work. */
export type AfterStatement = (count: number, backend: number) => Promise<void>

/** Returns the same database with a callback after each statement of its units of work. */
export function betweenStatements(db: PenstockDatabase, after: AfterStatement): PenstockDatabase {
  let count = 0
  return aroundUnits(
    db,
    async (run, work) =>
      await run(async (tx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
        return await work(tx.withPlugin(afterStatements(async () => await after(++count, rows[0]?.pid ?? 0))))
      }),
  )
}

/** Makes a plugin that runs a callback after each statement. */
export const afterStatements = (after: () => void | Promise<void>): KyselyPlugin => ({
  transformQuery: ({ node }) => node,
  async transformResult({ result }) {
    await after()
    return result
  },
})
