// The command line of `penstock migrate index`.
import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Client } from 'pg'
import { addExamples } from '../../cli/command.ts'
import { print } from '../../cli/output.ts'
import { JSON_OPTION, printRecords } from '../../cli/records.ts'
import { withAdminClient } from '../admin-client.ts'
import { underMigrationLock } from '../migration-lock.ts'
import { createIndex, dropIndex } from './concurrent-indexes.ts'
import { listIndexes } from './index-catalogue.ts'
import { readIndexStatements } from './index-statement.ts'

/** Adds list, create and drop to `penstock migrate index`. What was created here and is in no migration, `check` reports. */
export function addIndexCommands(index: CommandUnknownOpts): void {
  const list = index
    .command('list')
    .description('Lists every index with its size and how often it was used.')
    .option(...JSON_OPTION)
    .action(async ({ json }) => await withAdminClient(async (client) => await listAll(client, json)))
  addExamples(list, 'penstock migrate index list')
  const make = index
    .command('create')
    .argument('<statement>', 'one "create [unique] index NAME on TABLE (…)"')
    .description('Creates an index while others read and write.')
    .action(async (statement) => await withAdminClient(async (client) => await create(client, statement)))
  addExamples(make, 'penstock migrate index create "create index metric_series_unit on metric_series (unit)"')
  const remove = index
    .command('drop')
    .argument('<name>', 'name of the index')
    .description('Drops an index while others read and write.')
    .action(async (name) => await withAdminClient(async (client) => await drop(client, name)))
  addExamples(remove, 'penstock migrate index drop metric_point_value')
  addExamples(index, 'penstock migrate index list')
}

async function listAll(client: Client, json: boolean | undefined): Promise<void> {
  const { since, indexes } = await listIndexes(client)
  printRecords(indexes, {
    json,
    head: ['table', 'index', 'scans', 'size', 'state', 'part of'],
    row: ({ table, name, scans, size, state, constraint }) => [
      table,
      name,
      scans,
      size,
      state,
      constraint === null ? '' : 'constraint',
    ],
  })
  if (json !== true)
    print(`scans ${since === null ? 'ever' : `since ${since} UTC`}; on this server alone, a replica counts its own`)
}

async function create(client: Client, statement: string): Promise<void> {
  const [only, ...others] = readIndexStatements(statement)
  if (only?.kind !== 'create' || others.length > 0) throw new Error('one "create index" is needed')
  await underMigrationLock(client, async () => await createIndex(client, only.index, print))
  print(`${only.index.name} is valid`)
}

async function drop(client: Client, name: string): Promise<void> {
  const dropped = await underMigrationLock(client, async () => await dropIndex(client, name, print))
  if (!dropped) throw new Error(`there is no index ${name}`)
}
