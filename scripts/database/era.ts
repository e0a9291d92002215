// The era of the log: transactions are numbered from the beginning in another cluster, for example after a restore from a dump.
import type { Client } from 'pg'
import { OWNER } from './roles.ts'

/**
 * Begins a new era when the database lies in another cluster than the last time. Otherwise existing rows would have higher numbers than
 * new ones and would override them forever; with a new era every new row is above every older one. Runs in the caller's transaction. Safe
 * to repeat.
 */
export async function raiseEra(client: Client, log: (line: string) => void): Promise<void> {
  await client.query(`set local role ${OWNER}`)
  const { rows } = await client.query<{ era: number; known: string | null; current: string }>(
    `select era, system_identifier::text as known, (select system_identifier::text from pg_control_system()) as current
     from store_state for update`,
  )
  const state = rows[0]
  if (state && state.known !== state.current) {
    const era = state.known === null ? state.era : state.era + 1
    if (era !== state.era) {
      for (const table of ['metric_log', 'audit_entry'])
        await client.query(`alter table ${table} alter era set default ${era}`)
      // Gates of recorded runs count transactions of another cluster. The owner sees no tenant's rows, but may truncate.
      await client.query('truncate archiving')
      log(`this database was restored into another cluster: points are written in era ${era} from now on`)
    }
    await client.query('update store_state set era = $1, system_identifier = $2', [era, state.current])
  }
  await client.query('reset role')
}
