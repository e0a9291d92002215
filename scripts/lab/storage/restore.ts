import { raiseEra } from '../../database/era.ts'
import { lasting } from '../stand/clients.ts'

/**
 * Makes the database look as if a dump of it had been restored into this cluster: the rows of the log carry numbers that no transaction here
 * will reach. Then begins the era that `migrate` would begin. Nothing else may use the database in the meantime.
 * With `keepsGates`, the recorded runs of the other cluster stay.
 */
export async function restoreElsewhere(superuser: string, keepsGates: boolean): Promise<void> {
  const client = lasting({ connectionString: superuser })
  await client.connect()
  try {
    await client.query(`
      begin;
      update metric_log set xid = (xid::text::bigint + 1000000000)::text::xid8;
      update store_state set system_identifier = 1`)
    if (keepsGates) await client.query('create temp table recorded on commit drop as select * from archiving')
    await raiseEra(client, () => {})
    if (keepsGates) await client.query('insert into archiving select * from recorded')
    await client.query('commit')
  } finally {
    await client.end()
  }
}
